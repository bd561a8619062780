import { createContext, type ReactNode, useContext, useMemo, useState } from "react";
import { useStore } from "zustand";
import type { LineRemark, Problem, Run } from "../api";
import type { Flow, JsonObject, Ports } from "../model/document";
import type { Member } from "../model/form";
import { kindsOf } from "../model/form";
import type { Edited, FlowStore } from "./store";

export interface Schema { root: JsonObject; ports: Ports; kinds: Map<string, { family: string; members: Member[] }> }
export type Panel = "step" | "problems" | "texts" | "simulator" | "costs" | "versions" | "runs" | "personal" | "source";
/** What stands before the editor. What was pasted comes with the text, and why it was refused or what it lost. */
export type Asked = { kind: "commands" | "publish" | "markup" } | { kind: "paste"; text: string; error: string | null } | { kind: "report"; report: LineRemark[] };

interface Designer {
  sid: string;
  store: FlowStore;
  schema: Schema;
  problems: Problem[];
  setProblems: (problems: Problem[]) => void;
  run: Run | null;
  setRun: (run: Run | null) => void;
  /** The execution whose way is lit at first. */
  opening: string | null;
  panel: Panel;
  setPanel: (panel: Panel) => void;
  dialog: Asked | null;
  ask: (dialog: Asked | null) => void;
  /** Says something to screen readers. */
  say: (text: string) => void;
  said: string;
  /** Node that should come into view, and how often that was asked. */
  focus: { id: string; turn: number } | null;
  show: (id: string) => void;
}

const Context = createContext<Designer | null>(null);

export function useDesigner(): Designer {
  const designer = useContext(Context);
  if (!designer) throw new Error("outside of the designer");
  return designer;
}
export const useEdited = <T,>(pick: (state: Edited) => T): T => useStore(useDesigner().store, pick);
export const useFlow = (): Flow => useEdited((state) => state.flow);

export function DesignerProvider({ sid, store, root, ports, found, opening, children }: { sid: string; store: FlowStore; root: JsonObject; ports: Ports; found: Problem[]; opening: string | null; children: ReactNode }) {
  const schema = useMemo(() => ({ root, ports, kinds: kindsOf(root) }), [root, ports]);
  const [problems, setProblems] = useState(found);
  const [run, setRun] = useState<Run | null>(null);
  const [panel, setPanel] = useState<Panel>(opening === null ? "step" : "runs");
  const [dialog, ask] = useState<Asked | null>(null);
  const [said, say] = useState("");
  const [focus, setFocus] = useState<{ id: string; turn: number } | null>(null);
  const value = useMemo(() => {
    const show = (id: string) => {
      store.getState().select([id]);
      setPanel("step");
      setFocus((before) => ({ id, turn: (before?.turn ?? 0) + 1 }));
    };
    return { sid, store, schema, problems, setProblems, run, setRun, panel, setPanel, dialog, ask, say, said, focus, show, opening };
  }, [sid, store, schema, problems, run, panel, dialog, said, focus, opening]);
  return <Context.Provider value={value}>{children}</Context.Provider>;
}
