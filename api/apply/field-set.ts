/**
 * Sets of fields, in the very form in which managedFields has them (FieldsV1): nested objects whose
 * keys are path elements, so that nothing is decoded or encoded.
 *
 *     f:replicas              a field                  k:{"name":"web"}   an item of a keyed list
 *     v:"a"                   an item of a set         .                  the place itself
 *
 * `{}` is a member without children; with children, only `.` makes the place itself a member. The
 * outermost place never is one: there `{}` is the empty set. The prefixes keep users' keys apart from what
 * every object inherits. Sets are shared and never changed.
 */
export interface FieldSet {
  readonly [element: string]: FieldSet;
}

const self = '.';
export const leaf: FieldSet = Object.freeze({});
export const emptySet: FieldSet = Object.freeze({});

export function isEmptySet(set: FieldSet): boolean {
  for (const _ in set) return false;
  return true;
}

/** Whether the place that this set describes is itself a member. */
const isMember = (node: FieldSet): boolean => isEmptySet(node) || node[self] !== undefined;

/** Undefined: neither the place nor anything below it is a member. */
export function makeNode(
  isItself: boolean,
  children: Record<string, FieldSet> | undefined,
): FieldSet | undefined {
  if (!children || isEmptySet(children)) return isItself ? leaf : undefined;
  if (isItself) children[self] = leaf;
  return children;
}

/** Below a place: `undefined` stands for nothing at all. */
type Node = FieldSet | undefined;
type Combine = (a: Node, b: Node) => Node;

export const unionOf = (a: FieldSet, b: FieldSet): FieldSet => unionBelow(a, b, false) ?? emptySet;

/** Members of `a` that are none of `b`; what is below a member of `b` stays. */
export const differenceOf = (a: FieldSet, b: FieldSet): FieldSet =>
  isEmptySet(b) ? a : (differenceBelow(a, b, false) ?? emptySet);

export const intersectionOf = (a: FieldSet, b: FieldSet): FieldSet =>
  intersectionBelow(a, b, false) ?? emptySet;

const union: Combine = (a, b) => {
  if (!a || !b || a === b) return a ?? b;
  return unionBelow(a, b, isMember(a) || isMember(b));
};

function unionBelow(a: FieldSet, b: FieldSet, isItself: boolean): Node {
  const children: Record<string, FieldSet> = {};
  for (const element of Object.keys(a)) {
    if (element !== self) children[element] = union(a[element], b[element])!;
  }
  for (const element of Object.keys(b)) {
    if (element !== self && !a[element]) children[element] = b[element]!;
  }
  return makeNode(isItself, children);
}

const difference: Combine = (a, b) =>
  a && b ? differenceBelow(a, b, isMember(a) && !isMember(b)) : a;

const differenceBelow = (a: FieldSet, b: FieldSet, isItself: boolean): Node =>
  mapChildren(a, isItself, (node, element) => difference(node, b[element]));

const intersection: Combine = (a, b) =>
  a && b ? intersectionBelow(a, b, isMember(a) && isMember(b)) : undefined;

const intersectionBelow = (a: FieldSet, b: FieldSet, isItself: boolean): Node =>
  mapChildren(a, isItself, (node, element) => intersection(node, b[element]));

/** Gives back the very node where nothing changes, so that who sees it knows. */
function mapChildren(
  node: FieldSet,
  isItself: boolean,
  change: (child: FieldSet, element: string) => Node,
): Node {
  const children: Record<string, FieldSet> = {};
  let isSame = isItself === (node[self] !== undefined);
  for (const element of Object.keys(node)) {
    if (element === self) continue;
    const changed = change(node[element]!, element);
    if (changed !== node[element]) isSame = false;
    if (changed) children[element] = changed;
  }
  return isSame && !isEmptySet(children) ? node : makeNode(isItself, children);
}

/** Whether the element is itself a member of the set. */
export function hasElement(set: FieldSet, element: string): boolean {
  const node = set[element];
  return node !== undefined && isMember(node);
}

/** What the set has below an element; undefined if nothing. */
export function belowElement(set: FieldSet, element: string): FieldSet | undefined {
  const node = set[element];
  if (!node) return undefined;
  for (const each in node) if (each !== self) return node;
  return undefined;
}

/** Elements of a place's children, without the place itself. */
export const elementsOf = (set: FieldSet): string[] =>
  Object.keys(set).filter((element) => element !== self);

/** Makes the place itself a member, too. */
export const withItself = (node: Node): FieldSet =>
  !node || isMember(node) ? (node ?? leaf) : { ...node, [self]: leaf };

/** The paths of all members, a place before what is below it, in the order of their elements. */
export function pathsOf(set: FieldSet): string[][] {
  const paths: string[][] = [];
  const visit = (node: FieldSet, path: readonly string[]): void => {
    const elements = elementsOf(node).sort();
    for (const element of elements) {
      if (isMember(node[element]!)) paths.push([...path, element]);
    }
    for (const element of elements) visit(node[element]!, [...path, element]);
  };
  visit(set, []);
  return paths;
}
