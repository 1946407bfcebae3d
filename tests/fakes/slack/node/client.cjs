// Slack's own Node client over the fake: calls methods and prints what came back, one JSON object for all.
"use strict";
const { WebClient, ErrorCode } = require("@slack/web-api");
const { IncomingWebhook } = require("@slack/webhook");

const { url, token, channel, user, blocks, limited } = JSON.parse(process.argv[2]);
const client = new WebClient(token, { slackApiUrl: url, retryConfig: { retries: 0 }, rejectRateLimitedCalls: true });

async function code(call) {
  try {
    await call;
    return "";
  } catch (error) {
    return error.code === ErrorCode.RateLimitedError ? `limited ${error.retryAfter}` : error.data?.error || error.code;
  }
}

async function main() {
  const me = await client.auth.test();
  const row = { event_type: "card", event_payload: { outbox_id: "1" } };
  const posted = await client.chat.postMessage({ channel, text: "C-1001", blocks, metadata: row });
  await client.reactions.add({ channel, timestamp: posted.ts, name: "ticket" });
  for (const text of ["one", "two", "three"]) {
    await client.chat.postMessage({ channel, text, thread_ts: posted.ts });
  }
  const replies = [];
  for await (const page of client.paginate("conversations.replies", { channel, ts: posted.ts, limit: 2 })) {
    replies.push(...page.messages.map((message) => message.text));
  }
  const updated = await client.chat.update({ channel, ts: posted.ts, text: "taken", blocks });
  const history = await client.conversations.history({ channel, include_all_metadata: true });
  const person = await client.users.info({ user });
  const home = await client.views.publish({ user_id: user, view: { type: "home", blocks } });
  const uploaded = await client.filesUploadV2({ channel_id: channel, content: "text", filename: "a.txt", title: "A" });
  const errors = {
    channel: await code(client.chat.postMessage({ channel: "C404", text: "x" })),
    blocks: await code(client.chat.update({ channel, ts: posted.ts, text: "x", blocks: [{ type: "sektion" }] })),
    token: await code(new WebClient("xoxb-wrong", { slackApiUrl: url }).auth.test()),
    limited: await code(client.chat.postMessage({ channel: limited, text: "x" })),
  };
  const hook = await code(new IncomingWebhook(process.argv[3]).send({ text: "by a response_url" }));
  return {
    me: me.user_id,
    scopes: me.response_metadata.scopes,
    replies,
    updated: updated.text,
    metadata: history.messages.at(-1).metadata,
    email: person.user.profile.email,
    home: home.view.type,
    files: uploaded.files[0].files[0].title,
    errors,
    hook,
  };
}

main().then(
  (found) => console.log(JSON.stringify(found)),
  (error) => {
    console.error(error);
    process.exit(1);
  },
);
