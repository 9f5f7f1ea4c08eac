"""stored_flow REQUESTS RATE: SimPy simulates the flow, puts the rows into SQLite and reads the last page of 100."""
import json
import sqlite3
import sys
import tempfile
import time

from flow_model import Flow

requests, rate = int(sys.argv[1]), float(sys.argv[2])
folder = tempfile.TemporaryDirectory()
start = time.perf_counter()
flow = Flow(requests, rate)
flow.run()
database = sqlite3.connect(folder.name + "/requests.db")
database.execute("PRAGMA journal_mode = WAL")
database.execute("PRAGMA synchronous = NORMAL")
database.execute(
    "CREATE TABLE request (id INTEGER PRIMARY KEY, sent REAL, done REAL, client INTEGER, node INTEGER, pod INTEGER,"
    " source INTEGER, verdict INTEGER)"
)
database.executemany("INSERT INTO request VALUES (?, ?, ?, ?, ?, ?, ?, ?)", flow.rows)
database.commit()
page = database.execute("SELECT * FROM request WHERE id >= ? ORDER BY id LIMIT 100", (requests - 100,)).fetchall()
seconds = time.perf_counter() - start
assert len(page) == 100
print(json.dumps({"rate": round(requests / seconds), "seconds": seconds, **flow.figures()}))
