export async function benchStart(program: readonly string[]): Promise<void> {
  void program;
}
