import type { ComponentChildren } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { ClusterPage } from "./cluster/cluster-page.tsx";
import { CollectionPage } from "./collections/collection-page.tsx";
import { CollectionsPage } from "./collections/collections-page.tsx";
import { useRoute, useSession } from "./hooks.ts";
import { ImportPage } from "./import/import-page.tsx";
import { JobPage } from "./jobs/job-page.tsx";
import { JobsPage } from "./jobs/jobs-page.tsx";
import { OtherJobPage } from "./jobs/other-job-page.tsx";
import { OtherJobsPage } from "./jobs/other-jobs-page.tsx";
import { LoginPage } from "./login-page.tsx";
import { DatabaseChoice } from "./parts/database-choice.tsx";
import { hrefOf, type Route } from "./route.ts";
import { nextTheme, theme } from "./theme.ts";

const entries = [
  ["jobs", "Jobs"],
  ["import", "Import"],
  ["collections", "Collections"],
  ["cluster", "Cluster"],
] as const;

/** The whole page. */
export function App() {
  const route = useRoute();
  const { isLoginNeeded, database } = useSession();
  return (
    <>
      <button type="button" class="skip" onClick={toTitle}>
        Skip to the content
      </button>
      <Header route={route} />
      <Main title={isLoginNeeded ? "Log in" : titleOf(route)}>
        {isLoginNeeded ? <LoginPage /> : <Content key={database} route={route} />}
      </Main>
    </>
  );
}

function toTitle(): void {
  document.querySelector("h1")?.focus();
}

function Header({ route }: { readonly route: Route }) {
  const session = useSession();
  const [, setTheme] = useState(theme());
  const isIn = (page: string) => route.page === page || `${route.page}s` === page;
  return (
    <header>
      <a class="brand" href="#/jobs">
        Sluice
      </a>
      <nav aria-label="Pages">
        {entries.map(([page, title]) => (
          <a key={page} href={hrefOf({ page })} aria-current={isIn(page) ? "page" : undefined}>
            {title}
          </a>
        ))}
      </nav>
      {!session.isLoginNeeded && <DatabaseChoice />}
      <button
        type="button"
        class="quiet"
        onClick={() => {
          nextTheme();
          setTheme(theme());
        }}
      >
        Theme: {theme()}
      </button>
      {session.user !== undefined && (
        <button type="button" class="quiet" onClick={() => session.logOut()}>
          Log out {session.user}
        </button>
      )}
    </header>
  );
}

/** Who goes to another page by the keyboard, or hears it read, begins at its title. */
function Main({ title, children }: { readonly title: string; readonly children: ComponentChildren }) {
  const heading = useRef<HTMLHeadingElement>(null);
  const isFirst = useRef(true);
  useEffect(() => {
    document.title = `${title} – Sluice`;
    if (!isFirst.current) heading.current?.focus();
    isFirst.current = false;
  }, [title]);
  return (
    <main id="main">
      <h1 ref={heading} tabIndex={-1}>
        {title}
      </h1>
      {children}
    </main>
  );
}

function titleOf(route: Route): string {
  if (route.page === "job") return `Job ${route.jobId}`;
  if (route.page === "collection") return route.name;
  return entries.find(([page]) => page === route.page)?.[1] ?? "";
}

function Content({ route }: { readonly route: Route }) {
  switch (route.page) {
    case "jobs":
      return route.kind ? <OtherJobsPage key={route.kind} kind={route.kind} /> : <JobsPage />;
    case "job":
      return route.kind ? (
        <OtherJobPage key={route.jobId} jobId={route.jobId} kind={route.kind} />
      ) : (
        <JobPage key={route.jobId} jobId={route.jobId} />
      );
    case "import":
      return <ImportPage key={JSON.stringify(route)} collection={route.collection ?? ""} asJob={route.asJob ?? ""} />;
    case "collections":
      return <CollectionsPage />;
    case "collection":
      return <CollectionPage key={route.name} name={route.name} />;
    case "cluster":
      return <ClusterPage />;
  }
}
