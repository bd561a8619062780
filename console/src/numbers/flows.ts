import { isRecord, nativePath } from "../api/client";
import { type Row, text } from "../api/lists";
import { useRows } from "../api/rows";
import { useSession } from "../api/session";

/** A flow in one of its environments, by the address that numbers are bound to. */
export interface Target { url: string; name: string; sid: string; isTest: boolean }

/** What of a list of flows answers somewhere, production first. */
export function targetsOf(flows: readonly Row[]): Target[] {
  return flows.flatMap((flow) => {
    const sid = text(flow, "sid");
    const name = text(flow, "name") || sid;
    const { environments } = flow;
    const test = isRecord(environments) && isRecord(environments["test"]) ? environments["test"] : {};
    return [
      ...(text(flow, "published_revision") ? [{ url: `flow:${sid}`, name, sid, isTest: false }] : []),
      ...(text(test, "revision") ? [{ url: `flow:${sid}/test`, name, sid, isTest: true }] : []),
    ];
  });
}

/** Flows that numbers can be bound to. */
export function useTargets(): { targets: Target[]; isPending: boolean } {
  const { account_sid } = useSession();
  const flows = useRows(`${nativePath(account_sid)}/Flows.json?PageSize=1000`, "flows");
  return { targets: targetsOf(flows.data ?? []), isPending: flows.isPending };
}
