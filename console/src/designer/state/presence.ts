import { useQuery } from "@tanstack/react-query";
import { useEffect, useRef } from "react";
import { isRecord, postJson } from "../../api/client";
import { rows, text } from "../../api/lists";
import { useSession } from "../../api/session";
import { nodeOf, titleOf } from "../model/document";
import { useWords } from "../words";
import { useDesigner } from "./context";

/** How often this window says that it is there, in milliseconds; the server forgets whoever has not for three times as long. */
const SAY_MS = 5_000;
/** This window, among others of the same person; it stays the same when the page is read again. */
const WINDOW = named();

function named(): string {
  const kept = sessionStorage.getItem("flexio-window");
  const name = kept ?? Array.from(crypto.getRandomValues(new Uint32Array(4)), (part) => part.toString(36)).join("");
  sessionStorage.setItem("flexio-window", name);
  return name;
}

/** Somebody else who has this flow open, and the step they look at. */
export interface Other { name: string; at: string | null }

/** Who else has this flow open. Saving does not depend on it: a draft is guarded by its version. */
export function usePresence(): Other[] {
  const { sid, store, say } = useDesigner();
  const { account_sid } = useSession();
  const w = useWords();
  const path = `/console/api/flows/${sid}/presence`;
  const found = useQuery({
    queryKey: ["presence", sid],
    refetchInterval: SAY_MS,
    gcTime: 0,
    retry: false,
    queryFn: async () => {
      const [node] = store.getState().selected;
      const told = await postJson(path, { account: account_sid, window: WINDOW, node: node ?? null });
      return rows(isRecord(told) ? told["others"] : []).map((other) => ({ person: text(other, "person"), isYou: other["you"] === true, node: text(other, "node") }));
    },
  }).data;
  useEffect(() => () => {
    // It is forgotten soon by itself, where this does not arrive.
    void postJson(path, { account: account_sid, window: WINDOW, leaves: true }).catch(() => undefined);
  }, [path, account_sid]);
  const all = (found ?? []).map(({ person, isYou, node }): Other => {
    const at = nodeOf(store.getState().flow, node);
    return { name: isYou ? w("presence.you") : person, at: at ? titleOf(at) : null };
  });
  // Two windows of one person at the same step say no more than one.
  const others = all.filter((other, at) => all.findIndex((each) => each.name === other.name && each.at === other.at) === at);
  const names = others.map(({ name }) => name).sort().join(", ");
  const before = useRef("");
  useEffect(() => {
    if (names !== before.current && names !== "") say(w("presence", { list: names }));
    before.current = names;
  }, [names, say, w]);
  return others;
}
