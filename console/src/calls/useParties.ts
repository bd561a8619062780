import { useQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import { get, isRecord, nativePath } from "../api/client";
import { rows, text } from "../api/lists";
import { useSession } from "../api/session";
import { partyOf } from "./party";

/** Whom calls were with, for people. Until the names of the flows have come, addresses stay what they are. */
export function useParties(): (address: string) => string {
  const { account_sid } = useSession();
  const flows = useQuery({
    queryKey: ["flow-names", account_sid],
    staleTime: 60_000,
    queryFn: async () => { const page = await get(`${nativePath(account_sid)}/Flows.json?PageSize=1000`); return rows(isRecord(page) ? page["flows"] : []); },
  });
  return useMemo(() => {
    const names = new Map((flows.data ?? []).map((flow) => [text(flow, "sid"), text(flow, "name")]));
    return (address) => partyOf(address, names);
  }, [flows.data]);
}
