import { useEffect } from "react";
import type { Actions } from "./actions";

const isTyping = (target: EventTarget | null): boolean =>
  target instanceof HTMLElement && (target.isContentEditable || ["INPUT", "TEXTAREA", "SELECT"].includes(target.tagName));

/** Keys that work anywhere in the designer; those that text fields need stay theirs. */
export function useShortcuts(actions: Actions, save: () => void, openCommands: () => void) {
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      const key = event.key.toLowerCase();
      const withMeta = event.ctrlKey || event.metaKey;
      const run = (act: () => void) => {
        event.preventDefault();
        act();
      };
      if (withMeta && key === "s") return run(save);
      if (withMeta && key === "k") return run(openCommands);
      if (document.querySelector("[role=dialog]") || isTyping(event.target)) return;
      if (withMeta && key === "z") return run(event.shiftKey ? actions.redo : actions.undo);
      if (withMeta && key === "y") return run(actions.redo);
      if (withMeta && key === "d") return run(actions.duplicate);
      if (withMeta && key === "a") return run(actions.selectAll);
      if (key === "delete" || key === "backspace") return run(actions.remove);
    };
    const onClipboard = (event: ClipboardEvent) => {
      if (document.querySelector("[role=dialog]") || isTyping(event.target)) return;
      if (event.type === "paste") {
        actions.put(event.clipboardData?.getData("text/plain") ?? "");
      } else {
        if (!window.getSelection()?.isCollapsed) return;
        event.clipboardData?.setData("text/plain", actions.copied());
        if (event.type === "cut") actions.remove();
      }
      event.preventDefault();
    };
    const kinds = ["copy", "cut", "paste"] as const;
    document.addEventListener("keydown", onKey);
    for (const kind of kinds) document.addEventListener(kind, onClipboard);
    return () => {
      document.removeEventListener("keydown", onKey);
      for (const kind of kinds) document.removeEventListener(kind, onClipboard);
    };
  }, [actions, save, openCommands]);
}
