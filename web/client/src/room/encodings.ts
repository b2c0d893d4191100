// How a camera or a screen is sent: which simulcast layers, by the size the device really gives. Pure.
import type { types } from "mediasoup-client";

/** Below 960x540 browsers send only the first two encodings, at 320x180 one: so we never ask for more than come. */
export function cameraEncodings(widthPx: number, heightPx: number): types.RtpEncodingParameters[] {
  const long = Math.max(widthPx, heightPx);
  const short = Math.min(widthPx, heightPx);
  if (long >= 960 && short >= 540) {
    return [
      { scaleResolutionDownBy: 4, maxBitrate: 150_000 },
      { scaleResolutionDownBy: 2, maxBitrate: 500_000 },
      { scaleResolutionDownBy: 1, maxBitrate: 2_500_000 },
    ];
  }
  if (long >= 480 && short >= 270) {
    return [
      { scaleResolutionDownBy: 2, maxBitrate: 150_000 },
      { scaleResolutionDownBy: 1, maxBitrate: 700_000 },
    ];
  }
  return [{ maxBitrate: 300_000 }];
}

/** Text must stay readable: full size at a low frame rate (contentHint "detail"), for who has the line for it, and half
 * of that in steps for a thin line or a small tile, which is still better than nothing. */
export function screenEncodings(widthPx: number, heightPx: number): types.RtpEncodingParameters[] {
  const whole = { scaleResolutionDownBy: 1, maxBitrate: 2_500_000, maxFramerate: 15 };
  const small = Math.max(widthPx, heightPx) < 960 || Math.min(widthPx, heightPx) < 540;
  return small ? [whole] : [{ scaleResolutionDownBy: 2, maxBitrate: 200_000, maxFramerate: 5 }, whole];
}

/** What the server offers to receive, in its order, is what to try: the first one for pictures that this browser sends. */
export function pictureCodec<Codec extends { readonly mimeType: string }>(codecs: readonly Codec[]): Codec | undefined {
  return codecs.find((one) => /^video\/(?!rtx$)/i.test(one.mimeType));
}

/** Where a browser can (`scalable`), VP9 comes as one stream of as many sizes, each built upon the one below in key frames
 * only: fewer bytes and less work than as many streams. Else one size per stream; frames can be thinned out (not so with
 * H.264, whose packets only tell what nothing refers to). */
export function layered(
  encodings: types.RtpEncodingParameters[],
  mimeType: string,
  scalable = false,
): types.RtpEncodingParameters[] {
  const largest = encodings.at(-1);
  if (scalable && largest && mimeType.toLowerCase() === "video/vp9") {
    const scalabilityMode = encodings.length > 1 ? `L${encodings.length}T3_KEY` : "L1T3";
    return [{ maxBitrate: largest.maxBitrate ?? 2_500_000, scalabilityMode }];
  }
  const mode = { "video/vp9": "L1T3", "video/av1": "L1T3" }[mimeType.toLowerCase()];
  return mode ? encodings.map((one) => ({ ...one, scalabilityMode: mode })) : encodings;
}
