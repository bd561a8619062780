/** Why a page cannot use the microphone. */
export type MicrophoneFault = "insecure" | "denied" | "absent";

/** Asks once, so that the question does not come in the middle of a call. */
export async function microphone(): Promise<MicrophoneFault | null> {
  // Browsers leave it out on pages that came in clear.
  if (!("mediaDevices" in navigator)) return "insecure";
  try {
    const stream = await navigator.mediaDevices.getUserMedia({ audio: true });
    for (const track of stream.getTracks()) track.stop();
    return null;
  } catch (error) {
    return error instanceof DOMException && error.name === "NotFoundError" ? "absent" : "denied";
  }
}
