/** Where the built page lies, with a slash at its end: `index.html` and what it names. `npm run setup` builds it. */
export const consoleFolder: URL = new URL("../dist/page/", import.meta.url);
