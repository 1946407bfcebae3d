"""The sentences of the reference pages that the code has no place for. Tests hold them complete, and not more."""

from __future__ import annotations

SETTINGS: dict[str, dict[str, str]] = {
    "intakebot.yaml": {
        "schema": "`intakebot.config/1`.",
        "service.data_directory": "Database, control socket, lock, outbox; relative to the working directory.",
        "service.host_name": "What the service calls itself in SMTP and in Message-IDs.",
        "service.log_level": "`debug`, `info`, `warning` or `error`; `info` when left out.",
        "service.mode": "`live`, or `shadow`: all is decided and nothing is sent, now or later; `live` when left out.",
        "service.node": "0 to 1023, different for every process on one database; 0 when left out.",
        "database.url": (
            "Where the database is; SQLite in the data directory when left out. One with a password is a secret: "
            "`{env: NAME}` or `{file: PATH}`."
        ),
        "templates": "The folder of the templates, relative to the configuration; `../templates` when left out.",
        "languages": "Every template exists in each of them; the first is the default.",
        "categories": "Every category that rules may name; without this list any will do.",
        "markers": "Markers of the house, beside NNR, which rules may set and agents set and take off.",
        "hop_headers": (
            "Headers that hops in front of us add; they do not count when a message is compared with earlier ones."
        ),
        "trusted_authserv_ids.CHANNEL": (
            "The mail servers whose `Authentication-Results` are believed where mail comes through this channel, by "
            "the name that they give themselves; `unnamed` for one that gives none. Nobody when left out."
        ),
        "follow_reply_to_of": (
            "Senders that write for others, like a web form: agents' answers go to the Reply-To that they give, and no "
            "automatic reply is sent; nobody when left out."
        ),
        "triage_queue": "Where cases of unidentified callers wait.",
        "automatic_replies.per_address_and_day": (
            "How many automatic replies an address gets; 3 when left out. What is over it becomes an agent's draft."
        ),
        "automatic_replies.per_hour": (
            "How many automatic replies leave in an hour, to anybody; 600 when left out. Above it none leaves, and"
            " `health` and the alarm mail say so."
        ),
        "automatic_replies.mute_after_bounce": (
            "How long nothing automatic goes to an address after a mail to it came back; 7 days when left out."
        ),
        "attachments.flagged": (
            "`mark` files that should be opened with care, or `withhold` them: then `intakebot attachment save` wants "
            "`--flagged`; `mark` when left out."
        ),
        "attachments.largest": "A file above this size is flagged `large`; 25MB when left out.",
        "alarms.mail_to": "Who is told by mail of what needs a person; nobody when left out.",
        "channels.NAME.kind": "The module in `intakebot.channels` that knows the channel's other keys.",
        "channels.NAME.listen": (
            "Address and port of an SMTP door (`127.0.0.1:2525`, `[::1]:2525`), or of Slack's mode `http`."
        ),
        "channels.NAME.lmtp": "Speak LMTP instead of SMTP; no when left out.",
        "channels.NAME.check_senders": (
            "Ask the DNS who may write in a sender's name (SPF, DKIM, DMARC), where an SMTP door faces the world; "
            "needs the extra `auth`; no when left out. See [trust the sender](../howto/trust-the-sender.md)."
        ),
        "channels.NAME.size_limit": (
            "The largest message; 50MB when left out. Of a larger one in a mailbox only the headers are taken."
        ),
        "channels.NAME.memory_limit": "What all messages that are not kept yet hold together; above it mail is put off"
        " (452). 256MB when left out.",
        "channels.NAME.max_recipients": "Recipients of one message, 100 when left out; further ones are put off.",
        "channels.NAME.max_connections": "Connections to this door at once; 1000 when left out.",
        "channels.NAME.max_connections_per_peer": "Connections of one address (IPv6: of one /64) at once; 50 when left"
        " out. Trusted networks are exempt.",
        "channels.NAME.max_hops": "A message with more `Received` fields goes in circles and is refused; 50 when left"
        " out.",
        "channels.NAME.idle_timeout": "The longest silence of a client; 5m when left out.",
        "channels.NAME.total_timeout": "The longest session; 20m when left out.",
        "channels.NAME.greeting_delay": "How long a stranger waits for the greeting (at most 20s); who speaks before it"
        " is sent away. None when left out.",
        "channels.NAME.min_rate": "Bytes a second below which content uses up the patience of one `idle_timeout`; 500B"
        " when left out.",
        "channels.NAME.min_free_percent": "With less of the disk free mail is put off (452) and `health` has an alarm;"
        " 5 when left out, 0 = never.",
        "channels.NAME.proxy_networks": "Networks whose connections begin with a PROXY header, version 1 or 2; it names"
        " the peer. None when left out.",
        "channels.NAME.trusted_networks": "Networks of mail servers of ours: no cap per peer, no delay of the greeting."
        " None when left out.",
        "channels.NAME.certificate": (
            "Certificate file, relative to the configuration; offers STARTTLS, together with `key`."
        ),
        "channels.NAME.key": "Key file of the certificate.",
        "channels.NAME.host": "The IMAP server of a mailbox, by the name that its certificate has.",
        "channels.NAME.port": "993, or 143 without `tls: implicit`, when left out.",
        "channels.NAME.tls": (
            "A mailbox: `implicit` (from the first byte; when left out), `starttls`, or `none`, to this very machine "
            "only. An SMTP door, what its certificate is for: `offered` (STARTTLS for who wants it; when left out), "
            "`required` (no mail before STARTTLS) or `implicit`."
        ),
        "channels.NAME.username": "Whose mailbox it is, as the server knows it.",
        "channels.NAME.password": "A secret: `{env: NAME}` or `{file: PATH}`; either this or `oauth`.",
        "channels.NAME.oauth.provider": "Where access tokens come from: `microsoft`, `google` or `token_url`.",
        "channels.NAME.oauth.tenant": "Microsoft: the directory's id or domain.",
        "channels.NAME.oauth.client_id": "Microsoft and `token_url`: the app's client id.",
        "channels.NAME.oauth.client_secret": "Its secret; may be left out with `token_url`.",
        "channels.NAME.oauth.service_account": (
            "Google: the key file of a service account with domain-wide delegation, relative to the configuration."
        ),
        "channels.NAME.oauth.token_url": "The address that gives tokens (RFC 6749), `https`.",
        "channels.NAME.oauth.scope": "What is asked for there; nothing when left out.",
        "channels.NAME.oauth.refresh_token": (
            "A refresh token to ask with, a secret; client credentials are used when left out."
        ),
        "channels.NAME.certificate_authority": (
            "A file with certificates to trust beside the system's, for a server of your own."
        ),
        "channels.NAME.folder": "The folder that mail is taken from; `INBOX` when left out.",
        "channels.NAME.after": (
            "What becomes of a mail there once it is kept: `flag` (marked as seen; when left out), `move`, `delete`."
        ),
        "channels.NAME.move_to": "The folder for `after: move`; it is made when it is not there.",
        "channels.NAME.first_look": (
            "What is taken of a mailbox that was never looked into: `everything` (when left out), or what is `new`."
        ),
        "channels.NAME.poll": "How often to look where the server tells of no new mail; 10s to 1h, 5m when left out.",
        "channels.NAME.batch_bytes": "How much is fetched at once; 8MB when left out.",
        "channels.NAME.address": "The receiving address that the mailbox's mail counts for.",
        "channels.NAME.mode": (
            "How things come in from Slack: `socket` (connections that we open) or `http` (requests to us)."
        ),
        "channels.NAME.bot_token": "Slack's `xoxb-...`, a secret; left out where tokens rotate.",
        "channels.NAME.app_token": "Slack's `xapp-...` for the mode `socket`, a secret.",
        "channels.NAME.signing_secret": "What requests of the mode `http` are signed with, a secret.",
        "channels.NAME.previous_signing_secret": "The one before it, which holds while it is being changed.",
        "channels.NAME.path": "The path of the mode `http`; `/slack/events` when left out.",
        "channels.NAME.api_url": "Where Slack's methods are; `https://slack.com/api/` when left out.",
        "channels.NAME.command": "The slash command, as the app's manifest names it; `/case` when left out.",
        "channels.NAME.client_id": "The app's client id, where its tokens rotate.",
        "channels.NAME.client_secret": "The app's client secret, where its tokens rotate.",
        "channels.NAME.refresh_token": "The first refresh token, a secret; with it tokens rotate.",
        "channels.NAME.direct.address": "What direct messages, shortcuts and the command are received under.",
        "channels.NAME.intake.ROOM.address": (
            "A room (`C0HELP`) whose messages are contacts, and the address they are received under."
        ),
        "channels.NAME.intake.ROOM.reaction": "The emoji that makes a case of a message; `ticket` when left out.",
        "channels.NAME.intake.ROOM.reactions_by": "Whose emoji: `agents` (when left out) or `everybody`.",
        "channels.NAME.intake.ROOM.joins_within": (
            "Messages of one person within this time continue one case; 120s when left out."
        ),
        "channels.NAME.intake.ROOM.customer": "The reference of the customer whose room it is; nobody's when left out.",
        "channels.NAME.queues.QUEUE": "The channel that shows the queue's cards.",
        "channels.NAME.agents.AGENT": "The agent's user in Slack, or several: `U0ALICE`, `T0OTHER/U0ALICE`.",
        "channels.NAME.groups.GROUP": "The queues whose agents the members of a user group (`S0NOC`) are.",
        "channels.NAME.operators": "The channel that alarms go to; none when left out.",
        "relay.host": "The next hop of everything that leaves by mail. Without a relay it goes into the outbox.",
        "relay.port": "25 when left out.",
        "relay.tls": (
            "`none`, `opportunistic`, `required` (STARTTLS) or `implicit` (from the first byte); `required` when "
            "left out."
        ),
        "relay.username": "Login; none when left out.",
        "relay.password": "A secret: `{env: NAME}` or `{file: PATH}`.",
        "relay.token_file": (
            "Log in by XOAUTH2 instead of a password: the file with the token, read anew at each login; "
            "relative to the configuration."
        ),
        "relay.connections": "How many mails may be on their way at once, 1 to 50; 4 when left out.",
        "relay.dkim.DOMAIN.selector": "Mail of this domain and its subdomains is signed; the name of the key in DNS.",
        "relay.dkim.DOMAIN.key": "The PEM file of the RSA key, relative to the configuration.",
        "addresses.ADDRESS.workflow": "The process of contacts that come to this address.",
        "queues.NAME.title": "What people read; the name when left out.",
        "queues.NAME.workflows": "The processes that the queue serves.",
        "queues.NAME.reply_address": "Answers leave from here.",
        "queues.NAME.reply_name": "The sender's name that callers see.",
        "queues.NAME.language": "Used where neither the caller's record nor the message gives one.",
        "queues.NAME.calendar": "A calendar of the agreements.",
        "queues.NAME.closing_notice": "Send a short note when a case is closed.",
        "queues.NAME.acknowledge_within": "Mail that arrived longer ago when it reaches us gets no automatic answer.",
        "queues.NAME.alarm_after": "A queue that nobody drains for this long is reported.",
        "agents.NAME.name": "What people read; the name of the entry when left out.",
        "agents.NAME.email": "The agent's address.",
        "agents.NAME.queues": "Where the agent may work.",
        "agents.NAME.active": "Whether the agent works here now; yes when left out.",
    },
    "workflows/NAME.yaml": {
        "schema": "`intakebot.workflow/1`.",
        "title": "What people read.",
        "states.NAME.kind": "What the state means: `registered`, `waiting`, `in-charge`, `resolved` or `closed`.",
        "states.NAME.rest": "Whether a case may stay in it; yes when left out.",
        "transitions.from": "One state, or several.",
        "transitions.action": "The name of the step.",
        "transitions.to": "The state that it leads to.",
        "transitions.guards": "Conditions, all of which must hold; see `errors.md`.",
        "transitions.event": "The line that it leaves in the history; see `events.md`.",
        "transitions.without_owner_to": "The state instead of `to` when no active person owns the case.",
        "transitions.closes_when_sent": "The case closes in the transaction that settles its answer as sent.",
        "verbs.VERB": (
            "Which action the house means by its own words `move`, `take`, `resolve`, `close`, `reopen`, "
            "`answer-and-close`."
        ),
        "timers.state": "The state whose entry starts the timer and whose end clears it.",
        "timers.action": "The action that follows.",
        "timers.after": "How long: `10d` is 10 x 24 hours.",
        "timers.business_days": "Count days of the agreement's calendar instead.",
        "variants.ROOT": "The process that a case changes to when its category begins with ROOT.",
    },
    "agreements/NAME.yaml": {
        "schema": "`intakebot.agreements/1`.",
        "calendars.NAME.zone": "The time zone of its hours.",
        "calendars.NAME.hours": 'Open hours by day: `mon-fri: ["09:00-17:00"]`.',
        "calendars.NAME.holidays": "Days without open hours: `2026-12-25`.",
        "policies.NAME.tier": "A word that rules may ask for.",
        "policies.NAME.respond_within": "When the first answer is owed.",
        "policies.NAME.solve_within": "When the solution is owed.",
        "policies.NAME.calendar": "The calendar in which both are counted; always open when left out.",
        "default_policy": "The policy of cases without an agreement; named in one file.",
    },
}

EVENTS: dict[str, str] = {
    "case.registered": "The case was opened, out of a contact or by hand.",
    "case.dispatched": "It went to a queue or an assignee (manage-case).",
    "case.escalated": "It went to a queue: status and queue as one act (crc).",
    "case.accepted": "An agent accepted it from its queue and became owner (manage-case).",
    "case.taken": "An agent took it in charge and became owner.",
    "case.completed": "The resolution was entered and is owed to the caller (manage-case).",
    "case.resolved": "The resolution was entered and is owed to the caller (crc).",
    "case.answered-finally": "The final answer was entered; the case closes when it has been sent.",
    "case.answered-by-rule": "A rule resolved it; the same rule will not answer it again.",
    "case.linked": "An agent linked it to its parent or predecessor.",
    "case.reopened": "It came back to work.",
    "case.closed": "It is final; nothing changes any more.",
    "case.voided": "It should not have been a case; nothing changes any more.",
    "case.identified": "An agent said whose case it is; it was routed anew.",
    "case.classified": "Category or priority changed.",
    "case.marked": "A marker was set.",
    "case.unmarked": "A marker was removed.",
    "agreement.due-soon": "Three quarters of the time for a solution have passed.",
    "agreement.overdue": "The time for a solution has passed.",
    "question.asked": "An agent asked the caller a question.",
    "reply.suppressed": "The caller gets no acknowledgement or closing notice, and why.",
    "reply.to-muted": "An agent's answer leaves for an address from which the last mail came back.",
    "closing.cancelled": "The caller wrote before the final answer had settled, so the case stays open.",
    "comment.added": "Somebody wrote a comment, work info or a line of the call log.",
    "contact.appended": "A further contact belongs to this case.",
    "delivery.bounced": "A bounce says that a reply did not arrive.",
    "delivery.delayed": "A bounce says that a reply has not arrived yet; nothing follows from it.",
    "delivery.bounce-unproven": "A bounce that does not show that it got our mail; nothing follows from it.",
    "delivery.machine-answered": "A machine answered a reply, or what came back cannot be read.",
    "delivery.failed": "The next hop will never take a reply.",
    "delivery.held": "Nobody can know whether a reply was taken; a person decides.",
    "resolution.entered": "The text of a resolution that has not been sent was changed.",
    "resolution.released": "A draft resolution was sent on its way.",
    "resolution.sent": "The next hop took the resolution.",
    "answer.drafted": "A rule would have answered, and must not; its answer stands as a comment for an agent.",
    "case.flagged": "A rule set tags, markers or the priority of a case that exists.",
    "case.left-idle": "Nobody has touched it for the hours that a rule asks for; that rule has had its turn.",
    "rule.held-back": "What a rule wanted was not done, and why.",
    "task.proposed": "A rule proposes a task; it is made when the case is in charge.",
    "task.added": "A task was made.",
    "task.accepted": "Somebody accepted a task.",
    "task.completed": "A task is done, or its handover is.",
    "message.amended": "A caller changed a message; what was said stays, the change is a comment beside it.",
    "message.withdrawn": "A caller took a message back; what was said stays.",
}

FACTS = {
    "channel": "How it came: `email`, `slack`; or, written down by an agent, `phone`, `fax`, `walk-in`.",
    "subject": "Subject of the mail; the title of a case that exists.",
    "body": "What the caller says now, without what was quoted and without signature.",
    "body.full": "All of the text, quotes and signature included.",
    "from": "The sender's bare address: `ann@acme.example`, in Slack `T0ACME/U0ANN`.",
    "from.domain": "What stands behind its @.",
    "sender.verified": (
        "Whether DMARC passed for the domain of the From; missing where nobody who is believed has checked the sender."
    ),
    "sender.spf": "What SPF found: `pass`, `fail` (or soft fail) or `none`.",
    "sender.dkim": "What DKIM found: `pass`, `fail` or `none`.",
    "sender.dmarc": "What DMARC found for the domain of the From: `pass`, `fail` or `none`.",
    "to": "The addresses that it came to.",
    "cc": "The addresses in its Cc.",
    "language": "One of `languages` in `intakebot.yaml`; missing where too little is written to tell.",
    "size": "Bytes of the whole message.",
    "client.ip": "Address of the machine that brought the mail; for `cidr`.",
    "attachment.name": "Names of the files.",
    "attachment.type": "Their media types: `application/pdf`.",
    "attachment.count": "How many; 0 where there are none.",
    "caller.identified": "Whether the sender belongs to a customer.",
    "customer.id": "The customer's reference.",
    "customer.segment": "As imported.",
    "customer.tier": "As imported.",
    "account.reference": "The account, where the customer has one only.",
    "subscription.reference": "The subscription that a `lookup` found.",
    "subscription.status": "`ordered`, `active` or `ended`.",
    "agreement.tier": "`tier` of the policy of the agreement that was found.",
    "agreement.kind": "`support` or `customer`.",
    "agreement.valid": "Whether it holds today.",
    "support_key.state": "`valid`, `expired`, `not-yet`, `claimed` (it does not fit the caller) or `unknown`.",
    "business_object": "Type of the thing it is about, as a rule of classify or an agent set it.",
    "business_object.reference": "Its reference.",
    "case.workflow": "The process that the address fixed; from flag on the variant that the category fixed.",
    "case.category": "Category of a case that exists; of a new one ask `category`.",
    "case.status": "Its status, in the words of its workflow.",
    "case.queue": "Its queue.",
    "case.priority": "`low`, `normal`, `high` or `urgent`.",
    "case.closed": "Whether it has ended.",
    "case.idle_hours": "Hours since a person touched it; on `idle` only.",
    "disposition": "`machine` or `refused`; after either no later stage runs.",
    "support": "`known` or `unknown`, as a rule or the default of identify says it; look-ups do not set it.",
    "category": "What classify decided; of a case that exists, what it has.",
    "tags": "What flag decided; of a case that exists, what it has.",
    "priority": "What flag decided; of a case that exists, what it has.",
}
"""What each fact says."""

ACTION_WORDS = {
    "disposition": "Kept as evidence, without a case; `refused` needs a `reason`.",
    "reason": "Why it is refused.",
    "suppress_reply": "The caller gets no acknowledgement.",
    "complete_handover": "The reference of a handover; completes the task that waits for it.",
    "lookup": "What to look up, mostly a capture.",
    "support": "Said for later stages; changes nothing else.",
    "agreement": "Chooses the caller's valid agreement of that policy.",
    "category": "The one category.",
    "workflow": "Another process than the address fixed.",
    "split": "One contact, several cases.",
    "task": "One task, or a list of them; made when somebody has the case in charge.",
    "business_object": "What it is about.",
    "tags": "Free words.",
    "priority": "In flag with `merge: {priority: max}` the highest counts.",
    "markers": "`markers` of `intakebot.yaml`; not NNR.",
    "queue": "Intake routing; with an `assignee` if you like.",
    "assignee": "An agent.",
    "escalate": "Sends it on, with a dated comment.",
    "resolve": "Answers with a resolution template.",
}
"""What each action of a rule does."""
