import type { ComponentChildren } from "preact";

/** Names with what they are; what is undefined is left out. */
export function Facts({ facts }: { readonly facts: readonly (readonly [string, ComponentChildren | undefined])[] }) {
  const known = facts.filter(([, value]) => value !== undefined);
  return (
    <dl class="facts">
      {known.map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}
