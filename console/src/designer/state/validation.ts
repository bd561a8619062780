import { useEffect } from "react";
import { api, type Problem } from "../api";
import type { FlowStore } from "./store";

/** How long the editor rests before the server looks at what was made, in milliseconds. */
const REST_MS = 400;

export function useValidation(store: FlowStore, onProblems: (problems: Problem[]) => void) {
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    let asked = 0;
    const stop = store.subscribe((now, before) => {
      if (now.flow === before.flow) return;
      clearTimeout(timer);
      timer = setTimeout(() => {
        asked += 1;
        const turn = asked;
        // A failure is told where it matters, by saving; an answer that is overtaken is dropped.
        api.validate(now.flow).then(({ problems }) => turn === asked && onProblems(problems), () => undefined);
      }, REST_MS);
    });
    return () => {
      stop();
      clearTimeout(timer);
    };
  }, [store, onProblems]);
}
