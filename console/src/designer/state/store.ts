/** The flow that is edited, what is selected in it, and every step back. One store for each opened flow. */
import { temporal } from "zundo";
import { createStore } from "zustand/vanilla";
import type { Flow } from "../model/document";

/** Steps back that are kept. */
const UNDO_MAX = 200;

export interface Edited {
  flow: Flow;
  selected: ReadonlySet<string>;
  /** Selected connections, as `node:port`. */
  edges: ReadonlySet<string>;
  /** Nodes of a path to show, in order: of a simulation or an execution. */
  path: readonly string[];
  /** The step that an execution is at now. */
  live: string | null;
  /** How often each outcome, `node:port`, was taken lately, where that is to be seen. */
  counts: ReadonlyMap<string, number> | null;
  /** Before these steps a run of the simulator stops. They belong to whoever looks, not to the flow. */
  stops: ReadonlySet<string>;
  /** Changes the flow. Changes of one gesture (a drag, held arrow keys, typing in a field) are one step back. */
  change: (edit: (flow: Flow) => Flow, gesture?: string) => void;
  /** Ends the gesture: any, or one of this kind. */
  endGesture: (kind?: string) => void;
  select: (ids: Iterable<string>, edges?: Iterable<string>) => void;
  light: (path: readonly string[], live?: string | null) => void;
  count: (counts: ReadonlyMap<string, number> | null) => void;
  toggleStop: (id: string) => void;
}

export function openStore(flow: Flow) {
  let last: string | null = null;
  const store = createStore<Edited>()(
    temporal(
      (set, get) => ({
        flow,
        selected: new Set(),
        edges: new Set(),
        path: [],
        live: null,
        counts: null,
        stops: new Set(),
        change: (edit, gesture) => {
          const next = edit(get().flow);
          if (next === get().flow) return;
          const isContinued = gesture !== undefined && gesture === last;
          last = gesture ?? null;
          const history = store.temporal.getState();
          if (isContinued) history.pause();
          set({ flow: next });
          history.resume();
        },
        endGesture: (kind = "") => {
          if (last?.startsWith(kind)) last = null;
        },
        select: (ids, edges = []) => set({ selected: new Set(ids), edges: new Set(edges) }),
        light: (path, live = null) => set({ path, live }),
        count: (counts) => set({ counts }),
        toggleStop: (id) => {
          const stops = new Set(get().stops);
          if (!stops.delete(id)) stops.add(id);
          set({ stops });
        },
      }),
      {
        limit: UNDO_MAX,
        partialize: ({ flow: kept }) => ({ flow: kept }),
        equality: (past, now) => past.flow === now.flow,
      },
    ),
  );
  return store;
}
export type FlowStore = ReturnType<typeof openStore>;
