// Plain JavaScript, loaded before everything else (node --import): a Node that is too old cannot even parse the rest.
const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
if (major < 22 || (major === 22 && minor < 18)) {
  process.stderr.write(
    `Descent needs Node 22.18 or newer, this is ${process.versions.node}. Use npm start and npm run demo: npm install brings a Node of its own for them.\n`,
  );
  process.exit(1);
}
