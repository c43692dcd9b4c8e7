# A first day by script: a composite, a cell, a cycler's file, the number, a row beside a paper's. Run it as it is:
#
#     python first_day.py
#
# It asks for your name and password, or takes them from COSINTER_USER and COSINTER_PASSWORD; COSINTER_URL is the site
# (http://localhost:8000), COSINTER_PROJECT your project (demo), COSINTER_FILE a file of your cycler. Without a file it
# sends one that it makes up and calls simulated. It needs Python only. The lines `# %%` begin the cells of a notebook:
# Jupyter (with jupytext), VS Code, PyCharm and Spyder open this file as one.

# %% Signing in
import getpass
import json
import os
import time
import urllib.error
import urllib.request
import uuid
from pathlib import Path

SITE = os.environ.get("COSINTER_URL", "http://localhost:8000")
PROJECT = os.environ.get("COSINTER_PROJECT", "demo")
TODAY = time.strftime("%Y%m%d-%H%M%S")  # codes are used once; yours will mean more
token = ""


def call(method, path, data=None, body=None, content_type="application/json"):
    """What the site answers; its own words where it refuses."""
    address = path if path.startswith("http") else f"{SITE}/api/v1/{path}"
    request = urllib.request.Request(address, json.dumps(data).encode() if data is not None else body, method=method)
    request.add_header("Content-Type", content_type)
    if token:
        request.add_header("Authorization", f"Token {token}")
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:
            return json.load(answer)
    except urllib.error.HTTPError as refusal:
        raise SystemExit(f"{refusal.code}: {json.load(refusal)['detail']}") from None


def send_file(name, content, **fields):
    """Uploads a file as a browser does."""
    edge = uuid.uuid4().hex
    parts = [f'--{edge}\r\nContent-Disposition: form-data; name="{key}"\r\n\r\n{fields[key]}\r\n' for key in fields]
    parts += [f'--{edge}\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\n\r\n']
    body = "".join(parts).encode() + content + f"\r\n--{edge}--\r\n".encode()
    return call("POST", "files/", body=body, content_type=f"multipart/form-data; boundary={edge}")


user = os.environ.get("COSINTER_USER") or input("User: ")
password = os.environ.get("COSINTER_PASSWORD") or getpass.getpass()
token = call("POST", "auth/token/", {"username": user, "password": password})["token"]

# %% The composite: three powders 43:35:22 by weight, co-sintered at 700 °C for 1 h
composite = f"CC-{TODAY}"
process = call(
    "POST",
    "processes/",
    {
        "project": PROJECT,
        "kind": "co-sintering",
        "ratio": "43:35:22",
        "inputs": [{"material": "NCM622"}, {"material": "LLZTO"}, {"material": "LBO"}],
        "thermal_steps": [{"target": "700 °C", "dwell": "1 h", "atmosphere": "air"}],
        "outputs": [{"code": composite, "kind": "composite_cathode"}],
    },
)
print("fractions:", [round(entry["weight_fraction"], 3) for entry in process["inputs"]])

# %% The cell
cell = call(
    "POST",
    "cells/",
    {
        "project": PROJECT,
        "code": f"CELL-{TODAY}",
        "cell_type": "cathode|Li",
        "active_mass": "2.10 mg",
        "electrode_area": "0.785 cm^2",
        "layers": [
            {"role": "cathode", "sample": composite},
            {"role": "electrolyte", "materials": ["LLZTO"]},
            {"role": "anode", "materials": ["Li"]},
        ],
    },
)
print("cell:", cell["code"], cell["configuration"])


# %% The file
def simulated_test(cycles=3, current=1.9e-5, hours=15.0):
    """A galvanostatic test in Battery Data Format: it charges and discharges at 19 µA, a little less each time."""
    lines, clock = ["# simulated", "Test Time / s,Voltage / V,Current / A"], 0
    for cycle in range(cycles):
        for sign in (1, -1):
            minutes = int(60 * hours * (1 - 0.02 * cycle))
            for minute in range(minutes):
                swing = minute / minutes
                voltage = 3.4 + 0.9 * swing if sign > 0 else 4.2 - 1.4 * swing**3
                lines.append(f"{clock},{voltage:.4f},{sign * current}")
                clock += 60
            lines += [f"{clock},{voltage:.4f},0", f"{clock + 600},{voltage:.4f},0"]  # ten minutes of rest
            clock += 601
    return "\n".join(lines).encode()


file = os.environ.get("COSINTER_FILE")
content = Path(file).read_bytes() if file else simulated_test()
received = send_file(Path(file or "simulated.csv").name, content, cell=cell["id"])

# %% It is read and analysed by itself, in seconds
while True:
    measurement = call("GET", received["measurement"]["url"])
    runs = measurement["runs"]
    if measurement["state"] == "failed" or (runs and all(run["state"] not in ("queued", "running") for run in runs)):
        break
    time.sleep(0.5)
print("read and analysed:", measurement["state"], *measurement["problems"])

# %% The number, with where it comes from
found = call("GET", f"results/?cell={cell['id']}&quantity=initial_discharge_capacity&unit=mAh/g")["results"]
for number in found:
    print(f"{number['label']}: {number['value']:.1f} {number['unit']}, from {number['origin']['label']}")
    run = call("GET", number["origin"]["url"])
    print("which read:", {entry["parameter"]: entry["value"] for entry in run["context_values"]})

# %% Each cycle, ready to plot
(capacity,) = (entry for entry in runs if entry["kernel"] == "cycling.capacity")
cycles = call("GET", f"runs/{capacity['id']}/tables/cycles/")
print("per cycle:", [column["name"] for column in cycles["columns"]], cycles["total_rows"], "rows")

# %% A row beside those of a paper
call("POST", "comparisons/table-s1/copy/", {"slug": f"day-{TODAY}", "title": f"My day {TODAY}", "project": PROJECT})
call("POST", f"comparisons/day-{TODAY}/rows/", {"cell": cell["id"]})
table = call("GET", f"comparisons/day-{TODAY}/table/?format=json")
for row in table["rows"]:
    print(row["cells"]["configuration"]["text"], "|", row["cells"]["initial_discharge_capacity"]["text"] or "–")
print(f"{SITE}/comparisons/day-{TODAY}/")
