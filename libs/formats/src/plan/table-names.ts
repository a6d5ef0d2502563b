/** A column, or a member of one, of a table whose files call it otherwise. */
export interface TableName {
  readonly name: string;
  /** Of what has members. */
  readonly inside?: TableNames;
}

/** What the columns of a table are called, all of them, by their names in its files: plain data. Of members those with two names. */
export type TableNames = Readonly<Record<string, TableName>>;

interface NamedNode {
  readonly name: string;
  readonly children: readonly NamedNode[];
}

/** The columns of a file under the names of its table, without those that the table has no more. */
export function withTableNames<Node extends NamedNode>(root: Node, names: TableNames): Node {
  const children = root.children.filter(({ name }) => Object.hasOwn(names, name));
  return withNames({ ...root, children }, names);
}

/** What stands between a column and its members has a name of the format's. */
function withNames<Node extends NamedNode>(node: Node, names: TableNames): Node {
  const children = node.children.map((child) => {
    const known = Object.hasOwn(names, child.name) ? names[child.name] : undefined;
    if (!known) return withNames(child, names);
    const named = { ...child, name: known.name };
    return known.inside ? withNames(named, known.inside) : named;
  });
  return { ...node, children };
}
