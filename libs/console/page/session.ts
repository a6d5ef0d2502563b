import { RestClient } from "./api/rest-client.ts";

// What is remembered until the tab is closed: who one is, and which database is looked at. A password is kept nowhere else.
const TOKEN = "sluice.token";
const DATABASE = "sluice.database";

type Listener = () => void;
const listeners = new Set<Listener>();
let isLoginNeeded = false;
let isRefused = false;

/** What the page asks the server, as whoever has logged in. */
export const rest = new RestClient({
  token: () => sessionStorage.getItem(TOKEN) ?? undefined,
  database: () => session.database,
  onUnknownCaller: () => {
    // Of calls that are refused at once, the first one takes the token away.
    isRefused ||= sessionStorage.getItem(TOKEN) !== null;
    sessionStorage.removeItem(TOKEN);
    isLoginNeeded = true;
    tell();
  },
});

export const session = {
  get database(): string {
    return sessionStorage.getItem(DATABASE) ?? "default";
  },
  get user(): string | undefined {
    return sessionStorage.getItem(TOKEN)?.split(":")[0];
  },
  get isLoginNeeded(): boolean {
    return isLoginNeeded;
  },
  /** The last user or password was none. */
  get isRefused(): boolean {
    return isRefused;
  },
  logIn(user: string, password: string): void {
    sessionStorage.setItem(TOKEN, `${user}:${password}`);
    [isLoginNeeded, isRefused] = [false, false];
    tell();
  },
  logOut(): void {
    sessionStorage.removeItem(TOKEN);
    [isLoginNeeded, isRefused] = [true, false];
    tell();
  },
  choose(database: string): void {
    sessionStorage.setItem(DATABASE, database);
    tell();
  },
  /** Calls on every change until what this answers is called. */
  follow(listener: Listener): () => void {
    listeners.add(listener);
    return () => void listeners.delete(listener);
  },
};

function tell(): void {
  for (const listener of listeners) listener();
}
