// An S3 server for tests: bucket `recordings`, key S3RVER, secret S3RVER. It prints its port and lives until it is killed.
// usage: node s3.mjs FOLDER [PORT]
import S3rver from "s3rver";

const server = new S3rver({
  address: "127.0.0.1",
  port: Number(process.argv[3] ?? 0),
  directory: process.argv[2],
  silent: true,
  configureBuckets: [{ name: "recordings" }],
});
const { port } = await server.run();
process.stdout.write(`${port}\n`);
