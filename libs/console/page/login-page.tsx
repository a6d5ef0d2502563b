import { useState } from "preact/hooks";
import { useSession } from "./hooks.ts";
import { Field } from "./parts/field.tsx";
import { Notice } from "./parts/notice.tsx";

/** Asks who is there. The password stays in this tab. */
export function LoginPage() {
  const session = useSession();
  const [user, setUser] = useState("");
  const [password, setPassword] = useState("");
  const submit = (event: Event) => {
    event.preventDefault();
    session.logIn(user, password);
  };
  return (
    <form class="card narrow" onSubmit={submit}>
      {session.isRefused && <Notice kind="error">The server knows no such user, or not by this password.</Notice>}
      <Field label="User">
        <input value={user} onInput={(event) => setUser(event.currentTarget.value)} autocomplete="username" required />
      </Field>
      <Field label="Password">
        <input
          type="password"
          value={password}
          onInput={(event) => setPassword(event.currentTarget.value)}
          autocomplete="current-password"
          required
        />
      </Field>
      <button type="submit" class="primary">
        Log in
      </button>
    </form>
  );
}
