// A small app on Slack's own Node framework, by HTTP or by Socket Mode. It prints one JSON object a line: first where
// it listens, then what it hears. It ends when its standard input does.
"use strict";
const { App, LogLevel } = require("@slack/bolt");

const { url, token, secret, appToken, socket, blocks, modal } = JSON.parse(process.argv[2]);
const say = (what) => console.log(JSON.stringify(what));
const app = new App({
  token,
  signingSecret: secret,
  appToken,
  socketMode: socket,
  clientOptions: { slackApiUrl: url },
  logLevel: LogLevel.ERROR,
});

if (socket) {
  app.receiver.client.clientPingTimeoutMS = 200; // it is also how long the client waits before it connects again
}

app.event("message", async ({ event, client }) => {
  say({ heard: event.text, subtype: event.subtype ?? null });
  if (!event.subtype) {
    await client.chat.postMessage({ channel: event.channel, thread_ts: event.ts, text: `registered: ${event.text}` });
  }
});
app.event("app_home_opened", async ({ event, client }) => {
  await client.views.publish({ user_id: event.user, view: { type: "home", blocks } });
});
app.action("take", async ({ ack, body, client, respond }) => {
  await ack();
  await client.views.open({ trigger_id: body.trigger_id, view: modal });
  await respond({ text: "yours now", response_type: "ephemeral", replace_original: false });
});
app.view("resolve", async ({ ack, view }) => {
  const words = view.state.values.words.text.value;
  say({ submitted: words });
  await ack(words === "wrong" ? { response_action: "errors", errors: { words: "not so" } } : undefined);
});
app.command("/case", async ({ ack, command }) => ack(`found ${command.text}`));
app.shortcut("new_case", async ({ ack, shortcut }) => {
  say({ shortcut: shortcut.type });
  await ack();
});
app.error(async (error) => say({ error: String(error) }));

process.stdin.on("end", () => process.exit(0)).resume();
app.start(socket ? undefined : { port: 0, host: "127.0.0.1" }).then((server) => {
  say({ port: socket ? 0 : server.address().port });
});
