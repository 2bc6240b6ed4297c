"""Check a store's ledger with nothing but Python: ``python verify_ledger.py STORE`` prints what a report should say."""

import hashlib
import json
import sys
from pathlib import Path

store = Path(sys.argv[1])
slots = [json.loads(line) for line in (store / "HEAD").read_text().splitlines()]
head = max(slots, key=lambda slot: slot["count"])
lines = (store / "ledger.jsonl").read_bytes()[: head["offset"]].split(b"\n")[:-1]
previous = "0" * 64
for number, line in enumerate(lines):
    text = line[: line.rindex(b',"hash":"')]
    event = json.loads(line)
    chained = event["sequence"] == number and event["previous"] == previous
    if not chained or event["hash"] != hashlib.sha256(text).hexdigest():
        sys.exit(f"event {number} is damaged")
    previous = event["hash"]
if (len(lines), previous) != (head["count"], head["hash"]):
    sys.exit("the ledger does not end as HEAD says")
sys.stdout.write(f"{len(lines)} events, head {previous}\n")
