/**
 * Members of a JSON object by their names without regard to case, as Go's decoder has them; one that is spelt exactly wins over
 * others. Source: around-import §2.1.
 */
export function memberOf(object: Readonly<Record<string, unknown>>, name: string): unknown {
  if (Object.hasOwn(object, name)) return object[name];
  const wanted = name.toLowerCase();
  const key = Object.keys(object).findLast((candidate) => candidate.toLowerCase() === wanted);
  return key === undefined ? undefined : object[key];
}

/** The object with its members called as in `names`; others stay as they are. */
export function foldKeys(object: object, names: readonly string[]): object {
  const known = new Map(names.map((name) => [name.toLowerCase(), name]));
  const isOther = ([key]: [string, unknown]) => {
    const name = known.get(key.toLowerCase());
    return name !== undefined && name !== key;
  };
  const others = Object.entries(object).filter(isOther);
  if (others.length === 0) return object;
  const kept = Object.entries(object).filter((entry) => !isOther(entry));
  const renamed = others.map(([key, value]) => [known.get(key.toLowerCase()), value]);
  return Object.fromEntries([...renamed, ...kept]);
}
