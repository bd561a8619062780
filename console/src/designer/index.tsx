import { Alert, Button, Center, Loader } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useParams, useSearchParams } from "react-router";
import { api } from "./api";
import { Editor } from "./Editor";
import { isCrowded } from "./model/geometry";
import { DesignerProvider } from "./state/context";
import { keptOf, ownerOf } from "./state/kept";
import { openStore } from "./state/store";
import { useWords } from "./words";

/** The page of one flow; `?run=` opens it with the way of an execution lit. */
export default function Designer() {
  const { sid = "" } = useParams();
  const [asked] = useSearchParams();
  return <Opened key={sid} sid={sid} run={asked.get("run")} />;
}

/** Reads the flow once; from then on the editor's store is the truth, and the server is asked by version. */
async function open(sid: string) {
  const [saved, { schema, ports }] = await Promise.all([api.fetch(sid), api.schema()]);
  // Drawn for other sizes, or by a program: it is put in order, which is saved with the first change.
  const opened = isCrowded(saved.definition, ports) ? (await import("./model/tidy")).tidy(saved.definition, ports) : saved.definition;
  const owner = ownerOf();
  const kept = owner === null ? null : keptOf(owner, sid);
  if (!kept) return { saved, schema, ports, opened, store: openStore(opened) };
  // It goes on from what it was made from: where the server has another version by now, saving it is a conflict like any other.
  const store = openStore(kept.base);
  store.getState().change(() => kept.flow);
  return { saved: { ...saved, version: kept.version, definition: kept.base }, schema, ports, opened: kept.base, store };
}

function Opened({ sid, run }: { sid: string; run: string | null }) {
  const w = useWords();
  const [turn, setTurn] = useState(0);
  const flow = useQuery({ queryKey: ["designer", sid, turn], queryFn: () => open(sid), staleTime: Infinity, gcTime: 0, refetchOnWindowFocus: false, refetchOnReconnect: false, retry: false });
  if (flow.error) {
    return (
      <Alert variant="outline" color="red" title={w("failed", { text: flow.error.message })}>
        <Button size="xs" variant="default" onClick={() => setTurn(turn + 1)}>{w("retry")}</Button>
      </Alert>
    );
  }
  if (!flow.data) return <Center h={200}><Loader aria-label={w("loading")} /></Center>;
  const { saved, schema, ports, opened, store } = flow.data;
  return (
    <DesignerProvider sid={sid} store={store} root={schema} ports={ports} found={saved.problems} opening={run}>
      <Editor saved={saved} opened={opened} />
    </DesignerProvider>
  );
}
