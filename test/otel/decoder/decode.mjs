// Reads OTLP requests from standard input, one a line, into the messages that OpenTelemetry itself is
// made of, and fails with what is not of them: a key, a type, an identifier. Written out again and
// read, the messages say the same.
// node decode.mjs MODULES < LINES
import { createInterface } from "node:readline";
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";
import { isDeepStrictEqual } from "node:util";

const modules = createRequire(pathToFileURL(process.argv[2] + "/"));
const root = modules(
  process.argv[2] + "/node_modules/@opentelemetry/otlp-transformer/build/src/generated/root.js",
);
const { trace, metrics } = root.opentelemetry.proto.collector;
const requests = {
  resourceSpans: trace.v1.ExportTraceServiceRequest,
  resourceMetrics: metrics.v1.ExportMetricsServiceRequest,
};
const digits = { traceId: 32, spanId: 16, parentSpanId: 16 };
const as_json = { longs: String, enums: Number, bytes: String };

// Identifiers are hexadecimal here, and base64 in every other JSON of protobuf.
function with_bytes(value) {
  if (Array.isArray(value)) return value.map(with_bytes);
  if (value === null || typeof value !== "object") return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, member]) => {
      if (!(key in digits)) return [key, with_bytes(member)];
      if (!new RegExp(`^[0-9a-f]{${digits[key]}}$`).test(member) || /^0+$/.test(member))
        throw new Error(`${key} is no identifier: ${member}`);
      return [key, Buffer.from(member, "hex").toString("base64")];
    }),
  );
}

const seen = { spans: 0, points: 0 };
for await (const line of createInterface({ input: process.stdin })) {
  const said = JSON.parse(line);
  const [key] = Object.keys(said);
  const Request = requests[key];
  if (!Request) throw new Error(`this is no request: ${key}`);
  const plain = with_bytes(said);
  const sent = Request.encode(Request.fromObject(plain)).finish();
  const received = Request.toObject(Request.decode(sent), as_json);
  if (!isDeepStrictEqual(received, plain))
    throw new Error(`${line}\nis read as\n${JSON.stringify(received)}`);
  for (const resource of said[key]) {
    for (const scope of resource.scopeSpans ?? []) {
      for (const span of scope.spans) {
        seen.spans += 1;
        if (BigInt(span.endTimeUnixNano) < BigInt(span.startTimeUnixNano))
          throw new Error(`${span.name} ends before it begins`);
      }
    }
    for (const scope of resource.scopeMetrics ?? []) {
      for (const metric of scope.metrics) {
        for (const point of metric.histogram.dataPoints) {
          seen.points += 1;
          if (point.bucketCounts.length !== point.explicitBounds.length + 1)
            throw new Error(`${metric.name} has buckets without bounds`);
          const sum = point.bucketCounts.reduce((all, one) => all + BigInt(one), 0n);
          if (sum !== BigInt(point.count)) throw new Error(`${metric.name} has a wrong count`);
        }
      }
    }
  }
}
console.log(`${seen.spans} spans, ${seen.points} points`);
