"""The IMAP channel: mail is fetched from mailboxes. `inlet` is its door; `check` looks whether a mailbox is set up."""
