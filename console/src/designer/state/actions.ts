import { useMemo } from "react";
import { align, type Axis, distribute, type Side } from "../model/arrange";
import { api, type Dialect } from "../api";
import { below, fromText, isMarkup, paste, toText } from "../model/clipboard";
import { type FlowNode, isTrigger, type Note, type Point } from "../model/document";
import * as edit from "../model/edit";
import { box } from "../model/geometry";
import { useWords } from "../words";
import { useDesigner } from "./context";

/** What can be done with the flow and its selection: the same for keys, buttons and the command palette. */
export function useActions() {
  const { store, schema, say, show, setPanel, ask } = useDesigner();
  const w = useWords();
  return useMemo(() => {
    const now = () => store.getState();
    const back = (way: "undo" | "redo") => {
      now().endGesture();
      store.temporal.getState()[way]();
      // What is gone must not stay selected.
      const ids = new Set([...now().flow.nodes, ...(now().flow.notes ?? [])].map((each) => each.id));
      now().select([...now().selected].filter((id) => ids.has(id)));
      say(w(way === "undo" ? "undone" : "redone"));
    };
    const put = (text: string) => {
      if (isMarkup(text)) return void convert(text, "auto").catch((caught: unknown) => ask({ kind: "paste", text, error: caught instanceof Error ? caught.message : String(caught) }));
      const copied = fromText(text);
      if (!copied) return say(w("pasteNothing"));
      return add(copied);
    };
    // A document of an application, as steps below all others.
    const convert = async (text: string, dialect: Dialect) => {
      const { nodes, report } = await api.paste(text, dialect);
      if (nodes.length === 0 && report.length === 0) throw new Error(w("paste.empty"));
      const boxes = now().flow.nodes.map((node) => box(node, schema.ports));
      const ids = add({ nodes: below(nodes, boxes), notes: [] });
      // What was added stands below, maybe out of sight.
      if (ids[0]) show(ids[0]);
      now().select(ids);
      ask(report.length > 0 ? { kind: "report", report } : null);
    };
    const add = (copied: { nodes: FlowNode[]; notes: Note[] }): string[] => {
      let ids: string[] = [];
      now().change((flow) => {
        const pasted = paste(flow, copied);
        ids = pasted.ids;
        return ids.length > 0 ? pasted.flow : flow;
      });
      now().select(ids);
      say(w("pasted", { count: ids.length }));
      return ids;
    };
    const copied = () => toText(now().flow, now().selected);
    const remove = () => {
      const { selected, edges } = now();
      const count = selected.size + edges.size;
      if (count === 0) return;
      now().change((flow) => {
        let next = selected.size > 0 ? edit.remove(flow, selected) : flow;
        for (const edge of edges) {
          const [from = "", port = ""] = edge.split(/:(.*)/s);
          next = edit.disconnect(next, from, port);
        }
        return next;
      });
      now().select([]);
      say(w("removed", { count }));
    };
    return {
      undo: () => back("undo"),
      redo: () => back("redo"),
      add: (type: string, at?: Point) => {
        let id = "";
        const [only] = now().selected;
        now().change((flow) => {
          const grown = edit.addNode(flow, schema.ports, type, at || isTrigger(type) || now().selected.size !== 1 ? null : only, at);
          id = grown.id;
          return grown.flow;
        });
        // What was dropped stays under the pointer; what was added by a key may be out of sight.
        if (at) {
          now().select([id]);
          setPanel("step");
        } else show(id);
        say(w("added", { name: w.term("kind", type) }));
      },
      note: (at?: Point) => {
        let id = "";
        now().change((flow) => {
          const boxes = flow.nodes.map((node) => box(node, schema.ports));
          const spot = at ?? { x: Math.min(0, ...boxes.map((each) => each.x)), y: Math.min(0, ...boxes.map((each) => each.y)) - 140 - 110 * (flow.notes?.length ?? 0) };
          const grown = edit.addNote(flow, w("note"), spot);
          id = grown.id;
          return grown.flow;
        });
        show(id);
      },
      group: () => {
        const ids = now().flow.nodes.filter((node) => now().selected.has(node.id)).map((node) => node.id);
        now().change((flow) => edit.addFrame(flow, w("group.new"), ids));
      },
      align: (side: Side) => {
        now().change((flow) => align(flow, schema.ports, now().selected, side));
        say(w("arranged", { name: w(`arrange.${side}`) }));
      },
      distribute: (axis: Axis) => {
        now().change((flow) => distribute(flow, schema.ports, now().selected, axis));
        say(w("arranged", { name: w(`arrange.${axis}`) }));
      },
      tidy: async () => {
        const { tidy } = await import("../model/tidy");
        now().change((flow) => tidy(flow, schema.ports));
      },
      remove,
      copied,
      put,
      convert,
      copy: () => void navigator.clipboard?.writeText(copied()).then(() => say(w("copied", { count: now().selected.size }))),
      paste: () => void navigator.clipboard?.readText().then(put),
      duplicate: () => put(copied()),
      selectAll: () => now().select([...now().flow.nodes, ...(now().flow.notes ?? [])].map((each) => each.id)),
      panel: setPanel,
    };
  }, [store, schema, say, show, setPanel, ask, w]);
}
export type Actions = ReturnType<typeof useActions>;
