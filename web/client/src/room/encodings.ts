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

/** Text must stay readable: one layer at full size; the browser lowers the frame rate first (contentHint "detail"). */
export function screenEncodings(): types.RtpEncodingParameters[] {
  return [{ maxBitrate: 2_500_000, maxFramerate: 15 }];
}
