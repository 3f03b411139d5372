export async function benchSlow(program: readonly string[]): Promise<void> {
  void program;
}
