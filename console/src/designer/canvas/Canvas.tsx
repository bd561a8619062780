import "@xyflow/react/dist/style.css";
import "../designer.css";
import { useComputedColorScheme } from "@mantine/core";
import { Background, type Connection, Controls, type EdgeChange, MiniMap, type NodeChange, ReactFlow, useReactFlow } from "@xyflow/react";
import { useCallback, useEffect, useMemo, useRef } from "react";
import type { Point } from "../model/document";
import { nodeOf, titleOf } from "../model/document";
import { connect, disconnect, moveTo } from "../model/edit";
import { useActions } from "../state/actions";
import { useDesigner, useEdited } from "../state/context";
import { useWords } from "../words";
import { type CanvasNode, Elements } from "./elements";
import { ALL_DRAWN_MAX } from "./limits";
import { FrameCard, NoteCard, Step } from "./nodes";

const nodeTypes = { step: Step, note: NoteCard, frame: FrameCard };
/** Held arrow keys are one move until this long after the last key came up, in milliseconds. */
const MOVE_REST_MS = 500;

export function Canvas({ onOpenFlow }: { onOpenFlow: (sid: string) => void }) {
  const { store, schema, problems, say, focus } = useDesigner();
  const w = useWords();
  const { flow, selected, edges: chosen, path, live, counts, stops } = useEdited((state) => state);
  const actions = useActions();
  const scheme = useComputedColorScheme("light");
  const view = useReactFlow();
  const elements = useRef(new Elements());
  const worst = useMemo(() => {
    const found = new Map<string, "error" | "warning">();
    for (const { node, severity } of problems) if (node && found.get(node) !== "error") found.set(node, severity);
    return found;
  }, [problems]);
  const turns = useMemo(() => new Map(path.map((id, at) => [id, at + 1])), [path]);
  const look = { flow, ports: schema.ports, selected, worst, turns, live, counts, stops, w };
  const nodes = elements.current.nodes(look);
  const edges = elements.current.edges(look, chosen, path);

  useEffect(() => {
    if (!focus) return;
    const node = nodeOf(store.getState().flow, focus.id);
    const at = node?.position;
    if (at) void view.setCenter(at.x + 116, at.y + 80, { zoom: Math.max(0.7, view.getZoom()) });
  }, [focus, store, view]);

  // Where an execution goes, the view goes along.
  useEffect(() => {
    const at = live === null ? undefined : nodeOf(store.getState().flow, live)?.position;
    if (at) void view.setCenter(at.x + 116, at.y + 80, { zoom: view.getZoom() });
  }, [live, store, view]);

  const onNodesChange = useCallback((changes: NodeChange<CanvasNode>[]) => {
    const state = store.getState();
    const places = new Map<string, Point>();
    const marked = new Set(state.selected);
    for (const change of changes) {
      if (change.type === "position" && change.position) places.set(change.id, { x: Math.round(change.position.x), y: Math.round(change.position.y) });
      if (change.type === "select") marked[change.selected ? "add" : "delete"](change.id);
    }
    if (changes.some((change) => change.type === "select")) state.select(marked, state.edges);
    if (places.size === 0) return;
    state.change((before) => moveTo(before, places), `move:${[...places.keys()].sort().join()}`);
    const [id = ""] = places.keys();
    const [node, at] = [nodeOf(state.flow, id), places.get(id)];
    if (at) say(w("moved", { name: node ? titleOf(node) : w("note"), x: at.x, y: at.y }));
  }, [store, say, w]);

  const onEdgesChange = useCallback((changes: EdgeChange[]) => {
    const state = store.getState();
    const marked = new Set(state.edges);
    for (const change of changes) if (change.type === "select") marked[change.selected ? "add" : "delete"](change.id);
    state.select(state.selected, marked);
  }, [store]);

  const onConnect = useCallback(({ source, sourceHandle, target }: Connection) => {
    if (sourceHandle) store.getState().change((before) => connect(before, source, sourceHandle, target));
  }, [store]);

  // A keyboard move ends when the keys have rested; a drag ends with the drag.
  const rest = useRef<ReturnType<typeof setTimeout> | undefined>(undefined);
  const onKeyUp = () => {
    clearTimeout(rest.current);
    rest.current = setTimeout(() => store.getState().endGesture("move:"), MOVE_REST_MS);
  };
  const onKeyDown = () => clearTimeout(rest.current);
  // What the keys had begun ends here, and not in the middle of the drag.
  const onDragStart = () => {
    clearTimeout(rest.current);
    store.getState().endGesture("move:");
  };
  const labels = useMemo(() => ({
    "node.a11yDescription.default": w("nodeHelp"),
    "node.a11yDescription.keyboardDisabled": w("nodeHelp"),
    "edge.a11yDescription.default": w("edgeHelp"),
    "controls.ariaLabel": w("view"),
    "controls.zoomIn.ariaLabel": w("zoomIn"),
    "controls.zoomOut.ariaLabel": w("zoomOut"),
    "controls.fitView.ariaLabel": w("fit"),
    "minimap.ariaLabel": w("minimap"),
    "node.a11yDescription.ariaLiveMessage": () => "",
  }), [w]);

  return (
    <section className="canvas" aria-label={w("canvas")} onKeyUp={onKeyUp} onKeyDown={onKeyDown}
      onDragOver={(event) => event.preventDefault()}
      onDrop={(event) => {
        const type = event.dataTransfer.getData("text/x-flexio-kind");
        if (type) actions.add(type, view.screenToFlowPosition({ x: event.clientX, y: event.clientY }));
      }}>
      <ReactFlow<CanvasNode>
        nodes={nodes} edges={edges} nodeTypes={nodeTypes} colorMode={scheme} ariaLabelConfig={labels}
        onNodesChange={onNodesChange} onEdgesChange={onEdgesChange} onConnect={onConnect}
        onReconnect={(old, { source, sourceHandle, target }) => {
          if (!sourceHandle) return;
          store.getState().change((before) => connect(disconnect(before, old.source, old.sourceHandle ?? ""), source, sourceHandle, target));
        }}
        onNodeDragStart={onDragStart} onSelectionDragStart={onDragStart}
        onNodeDragStop={() => store.getState().endGesture()} onSelectionDragStop={() => store.getState().endGesture()}
        onNodeDoubleClick={(_, node) => {
          const sub = node.type === "step" && node.data.node.type === "subflow" ? node.data.node.properties?.["flow"] : null;
          if (typeof sub === "string" && sub) onOpenFlow(sub);
        }}
        deleteKeyCode={null} multiSelectionKeyCode={["Shift", "Meta", "Control"]} selectionKeyCode="Shift"
        onlyRenderVisibleElements={flow.nodes.length > ALL_DRAWN_MAX} fitView fitViewOptions={{ maxZoom: 1, minZoom: 0.35 }} minZoom={0.1} maxZoom={2}
      >
        <Background />
        <Controls showInteractive={false} />
        <MiniMap pannable zoomable nodeColor={(node) => (node.selected ? "var(--mantine-primary-color-filled)" : "var(--mantine-color-gray-6)")} style={{ width: 150, height: 100 }} />
      </ReactFlow>
    </section>
  );
}
