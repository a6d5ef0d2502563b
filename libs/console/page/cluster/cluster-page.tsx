import type { Member } from "../api/types.ts";
import { timeText } from "../format.ts";
import { useLoaded } from "../hooks.ts";
import { ErrorNotice } from "../parts/notice.tsx";
import { Table, type TableColumn } from "../parts/table.tsx";
import { rest } from "../session.ts";

const REFRESH_MS = 3000;

const columns: readonly TableColumn<Member>[] = [
  { title: "Role", cell: ({ role, leads }) => (leads ? `${role} (leads)` : role) },
  { title: "Address", cell: ({ address }) => <code>{address || "–"}</code> },
  { title: "Host", cell: ({ host, pod }) => pod || host },
  { title: "Process", isNumber: true, cell: ({ pid }) => pid },
  { title: "Node", cell: ({ node }) => <code>{node}</code> },
  { title: "Version", cell: ({ version }) => version },
  { title: "Started", cell: ({ startTime }) => timeText(startTime) },
];

/** Who lives: the processes that hold a session now. */
export function ClusterPage() {
  const load = (signal: AbortSignal) => rest.post<readonly Member[]>("cluster/members", {}, signal);
  const { data, error } = useLoaded(load, [], REFRESH_MS);
  return (
    <>
      <ErrorNotice error={error} />
      {data && (
        <Table
          caption="Members of the cluster"
          rows={data}
          keyOf={({ node, role }) => `${node} ${role}`}
          empty="No process is known."
          {...{ columns }}
        />
      )}
    </>
  );
}
