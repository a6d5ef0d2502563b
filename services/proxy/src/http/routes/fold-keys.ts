import type { KnownMember, KnownMembers } from "./known-members.ts";

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

/** Told of each member that has a value. @param member undefined for one that is not known @param path of the object around it */
export type OnMember = (key: string, member: KnownMember | undefined, path: string, all: KnownMembers) => void;

/** The object with its members called as they are known, those of inner objects too; what nobody knows stays as it is. */
export function foldKeys(object: object, known: KnownMembers, onMember: OnMember = () => {}, path = ""): object {
  const entries = Object.entries(object).map(([key, value]) => {
    const member = known.get(key.toLowerCase());
    if (!isEmpty(value)) onMember(key, member, path, known);
    const inner = member?.inner;
    const folded = inner ? foldInner(value, inner, onMember, `${path}${key}`) : value;
    return { key, name: member?.name ?? key, value: folded, isSame: folded === value };
  });
  if (entries.every(({ key, name, isSame }) => key === name && isSame)) return object;
  const exact = entries.filter(({ key, name }) => key === name);
  const others = entries.filter(({ key, name }) => key !== name);
  return Object.fromEntries([...others, ...exact].map(({ name, value }) => [name, value]));
}

/** What clients send that have a member for whatever some call takes: it says nothing, to Milvus as well. */
function isEmpty(value: unknown): boolean {
  if (typeof value !== "object" || value === null) return value === null || value === "";
  return Object.values(value).every(isEmpty);
}

function foldInner(value: unknown, known: KnownMembers, onMember: OnMember, path: string): unknown {
  if (typeof value !== "object" || value === null) return value;
  if (!Array.isArray(value)) return foldKeys(value, known, onMember, `${path}.`);
  const folded = value.map((item, i) => foldInner(item, known, onMember, `${path}[${i}]`));
  return folded.some((item, i) => item !== value[i]) ? folded : value;
}
