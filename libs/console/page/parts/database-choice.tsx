import { useLoaded, useSession } from "../hooks.ts";
import { rest } from "../session.ts";

/** Which database is looked at; nothing to choose while there is one. */
export function DatabaseChoice() {
  const session = useSession();
  const { data } = useLoaded((signal) => rest.post<string[]>("databases/list", {}, signal), [session.user]);
  const names = [...new Set([session.database, ...(data ?? [])])];
  if (names.length < 2) return null;
  return (
    <label class="database">
      Database{" "}
      <select value={session.database} onChange={(event) => session.choose(event.currentTarget.value)}>
        {names.map((name) => (
          <option key={name}>{name}</option>
        ))}
      </select>
    </label>
  );
}
