import { Handle, type NodeProps, Position, useStore } from "@xyflow/react";
import { memo } from "react";
import { titleOf } from "../model/document";
import { HEAD, portY } from "../model/geometry";
import { useWords } from "../words";
import type { FrameNode, NoteNode, StepNode } from "./elements";
import { iconOf } from "./icons";
import { ALL_DRAWN_MAX } from "./limits";

/** Below this zoom outcomes can neither be read nor grabbed: a large flow leaves them out, so that it pans lightly. */
const NEAR_ZOOM = 0.4;

export const Step = memo(function Step({ data: { node, ports, worst, turn, live, stop }, selected }: NodeProps<StepNode>) {
  const w = useWords();
  const isNear = useStore((state) => state.transform[2] >= NEAR_ZOOM || state.nodes.length <= ALL_DRAWN_MAX);
  const Icon = iconOf(node.type);
  const mark = worst && w(worst === "error" ? "problem.error" : "problem.warning");
  return (
    <div className="step" data-worst={worst ?? undefined} data-selected={selected || undefined} data-lit={turn !== null || undefined} data-live={live || undefined}>
      {isNear && !node.type.startsWith("on_") && <Handle id="in" type="target" position={Position.Left} style={{ top: HEAD / 2 }} />}
      <div className="step-head">
        <Icon size={18} aria-hidden />
        <div className="step-names">
          <strong>{titleOf(node)}</strong>
          <span>{w.term("kind", node.type)}</span>
        </div>
        {stop && <span className="step-stop" title={w("stop.here")}>◼</span>}
        {turn !== null && <span className="step-turn">{live ? `▶ ${turn}` : turn}</span>}
        {mark && <span className="step-mark" title={mark}>{worst === "error" ? "✕" : "!"}</span>}
      </div>
      {isNear && ports.map((port, at) => (
        <div key={port.name} className="step-port" data-fault={port.fault || undefined}>
          {w.term("port", port.name)}
          <Handle id={port.name} type="source" position={Position.Right} style={{ top: portY(at) }} />
        </div>
      ))}
    </div>
  );
});

export const NoteCard = memo(function NoteCard({ data: { note }, selected }: NodeProps<NoteNode>) {
  return <div className="note" data-selected={selected || undefined}>{note.text}</div>;
});

export const FrameCard = memo(function FrameCard({ data: { frame } }: NodeProps<FrameNode>) {
  return <div className="frame"><span>{frame.label}</span></div>;
});
