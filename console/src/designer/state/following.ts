import { useQuery } from "@tanstack/react-query";
import { useEffect } from "react";
import { useDesk } from "../../phone/context";
import { draftOf } from "../../phone/target";
import { api, type Step } from "../api";
import { type Flow, nodeOf, titleOf } from "../model/document";
import { useWords } from "../words";
import { useDesigner } from "./context";

/** How often the execution of a call from the softphone is looked at, in milliseconds. */
const LIVE_MS = 700;

/** While the softphone calls this flow, its way is lit on the canvas, and the step it is at stands out and is said. */
export function useFollowing() {
  const { sid, store, say } = useDesigner();
  const { talking } = useDesk();
  const w = useWords();
  const contact = talking?.to === sid || talking?.to === draftOf(sid) ? `client:${talking.identity}` : null;
  const runs = useQuery({ queryKey: ["flow-runs", sid, "followed"], queryFn: () => api.executions(sid), enabled: contact !== null, refetchInterval: LIVE_MS, gcTime: 0 });
  const run = contact === null ? undefined : runs.data?.executions.find((each) => each.status === "active" && each.channel === "call" && each.contact === contact)?.sid;
  const steps = useQuery({ queryKey: ["flow-steps", sid, run, "followed"], queryFn: () => api.steps(sid, run ?? ""), enabled: run !== undefined, refetchInterval: LIVE_MS }).data?.steps;
  // The canvas is another part of the page: what is lit there lives in the editor's store.
  useEffect(() => {
    if (!run || !steps) return;
    const { flow, live: before, light } = store.getState();
    const live = liveOf(flow, steps);
    light(wayOf(steps, live), live);
    const node = live === before || live === null ? undefined : nodeOf(flow, live);
    if (node) say(w("runs.now", { name: titleOf(node) }));
  }, [run, steps, store, say, w]);
  useEffect(() => {
    if (run) return () => store.getState().light(store.getState().path);
    return undefined;
  }, [run, store]);
}

/** The step an execution is at: behind the last one that is over, or that one itself while it is not. */
export function liveOf(flow: Flow, steps: Step[]): string | null {
  const last = steps.at(-1);
  if (!last) return null;
  return last.port === null ? last.node : nodeOf(flow, last.node)?.next?.[last.port] ?? null;
}

function wayOf(steps: Step[], live: string | null): string[] {
  const way = steps.map((step) => step.node);
  return live === null || way.at(-1) === live ? way : [...way, live];
}
