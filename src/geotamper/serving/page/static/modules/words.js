// Numbers and states as people read them.

/** Two digits, and never a certainty that no evidence about pixels gives. */
export function probability(value) {
  if (value === null || value === undefined) return "–";
  if (value >= 0.995) return ">0.99";
  return value > 0 && value < 0.005 ? "<0.01" : value.toFixed(2);
}

const count = new Intl.NumberFormat("en-GB");
export const whole = (value) => count.format(Math.round(value));
export const plural = (number, word) => `${whole(number)} ${word}${number === 1 ? "" : "s"}`;

export function percent(share) {
  const value = 100 * share;
  return value > 0 && value < 0.01 ? "<0.01 %" : `${value.toPrecision(value < 1 ? 2 : 3)} %`;
}

export const signed = (value, digits) => value.toFixed(digits).replace("-", "−");

/** A standard deviation; one that rounds to nothing is not said to be nothing. */
export function spread(sigma, digits) {
  const least = 10 ** -digits;
  return sigma > 0 && sigma < least / 2 ? `± <${least.toFixed(digits)}` : `± ${sigma.toFixed(digits)}`;
}

export function bytes(size) {
  if (size < 1000) return `${size} B`;
  const power = Math.min(3, Math.floor(Math.log10(size) / 3));
  return `${(size / 1000 ** power).toPrecision(3)} ${["B", "kB", "MB", "GB"][power]}`;
}

export function duration(seconds) {
  const rounded = Math.max(0, Math.round(seconds));
  return rounded < 60 ? `${rounded} s` : `${Math.floor(rounded / 60)} min ${String(rounded % 60).padStart(2, "0")} s`;
}

export function moment(text) {
  return text ? new Date(text).toLocaleString("en-GB", { dateStyle: "medium", timeStyle: "short" }) : "";
}

/** The verdict of a report: its look, its headline, and what stands behind it in a sentence. */
export function verdictWords(verdict, findings) {
  if (verdict.tampered === null) {
    const listed = findings ? `${plural(findings, "candidate")} listed, neither accepted nor rejected.` : "No region was located.";
    return { look: "open", headline: "Not decided", sentence: `The evidence does not decide. ${listed}` };
  }
  if (!verdict.tampered) {
    return { look: "clean", headline: "No tampering found", sentence: "No copied or blurred region was found. What the search cannot see is listed below." };
  }
  const kinds = { "copy-move": "Tampered: copied region", blur: "Tampered: blurred region" };
  const found = findings ? `${plural(findings, "forged region")} found.` : "This detector does not say where.";
  return { look: "forged", headline: kinds[verdict.kind] ?? "Tampered", sentence: found };
}

export const stateWords = {
  queued: "… waiting", running: "▸ running", done: "✓ done", failed: "! failed", cancelled: "× cancelled",
};

/** Long descriptions of coordinate systems are cut to their name. */
export function crsName(crs) {
  return /^[A-Z]+CRS\["([^"]+)"/.exec(crs)?.[1] ?? /^[A-Z]+CS\["([^"]+)"/.exec(crs)?.[1] ?? crs;
}
