/** How a flow is dialled, published or as a draft (docs/flows.md). */
const FLOW = /^sip:(FW[0-9a-f]{32})@(?:flows|drafts)\.invalid$/;

/** The flow that is behind an address, where it is one. */
export const flowOf = (address: string): string | null => FLOW.exec(address)?.[1] ?? null;

/** Whom a call was with, for people: a flow by its name; everything else as it is. */
export function partyOf(address: string, names: ReadonlyMap<string, string>): string {
  const flow = flowOf(address);
  return (flow && names.get(flow)) ?? address;
}
