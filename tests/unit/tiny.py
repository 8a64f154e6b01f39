"""Stand-ins for the course's assets: the same formats, a few bytes each."""

import io
import json
import stat
import struct
import textwrap
import zipfile

from loopback import serve

HUB_ID = "org/tiny-vit"
MULTICLASS = {"can/1.jpg", "can/2.jpg", "carton/3.jpg"}
LABELS = {"1.jpg": "can", "2.jpg": "carton can", "3.jpg": "can carton"}


def photo(shade=0, size=(12, 16)):
    from PIL import Image

    file = io.BytesIO()
    Image.new("RGB", size, (shade, 80, 160)).save(file, "JPEG")
    return file.getvalue()


def multiclass_members():
    return {f"fridgeObjects/{name}": photo(number) for number, name in enumerate(sorted(MULTICLASS))}


def multilabel_members():
    members = {f"multilabelFridgeObjects/images/{name}": photo() for name in LABELS}
    rows = "".join(f"{name},{labels}\n" for name, labels in LABELS.items())
    return {**members, "multilabelFridgeObjects/labels.csv": f"filename,labels\n{rows}".encode()}


def zipped(members, compression=zipfile.ZIP_DEFLATED):
    """A zip of `members`: names (or ZipInfo) with their bytes."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", compression) as archive:
        for name, content in dict(members).items():
            archive.writestr(name, content)
    return file.getvalue()


def link(name, kind=stat.S_IFLNK):
    """A zip member that is a symbolic link, or another kind of special file."""
    member = zipfile.ZipInfo(name)
    member.create_system = 3
    member.external_attr = (kind | 0o777) << 16
    return member


def checkpoint_files(value=1.0):
    data = struct.pack("<4f", *[value] * 4)
    header = json.dumps({"w": {"dtype": "F32", "shape": [4], "data_offsets": [0, 16]}}).encode()
    return {
        "config.json": b'{"model_type": "vit"}',
        "model.safetensors": len(header).to_bytes(8, "little") + header + data,
        "preprocessor_config.json": b"{}",
    }


def write(folder, members):
    for name, content in members.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    return folder


def registry_text(first, second):
    """An `assets.yaml` whose official addresses are two servers."""
    return textwrap.dedent(f"""\
        datasets:
          fridge:
            title: three photos
            folder: fridgeObjects
            demo: fridgeObjects
            core: true
            megabytes: 0.1
            licence: MIT
            source: a test
            addresses: ["{first}/official/fridgeObjects.zip", "{second}/second/fridgeObjects.zip"]
            structure: {{photos: 3, photos_per_class: {{can: 2, carton: 1}}}}
          fridge-multilabel:
            title: three photos with labels
            folder: multilabelFridgeObjects
            demo: multilabelFridgeObjects
            core: true
            megabytes: 0.1
            licence: MIT
            source: a test
            addresses: ["{first}/official/multilabelFridgeObjects.zip"]
            structure: {{photos: 3, classes: [can, carton], photos_per_label_count: {{1: 1, 2: 2}}}}
        checkpoints:
          vit-tiny: {{title: tiny, hub_id: {HUB_ID}, parameters: 4, core: true}}
        demo_checkpoints:
          vit-micro: {{title: micro, megabytes: 1}}
        """)


def tree(folder):
    """Every file below a folder with its bytes, lock files aside."""
    files = {path for path in folder.rglob("*") if path.is_file() and path.suffix != ".lock"}
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in files}


def serve_mirror(server, prefix="/m"):
    """Let a loopback server offer the whole core set as a mirror; returns its address."""
    files = {
        "datasets/fridgeObjects.zip": zipped(multiclass_members()),
        "datasets/multilabelFridgeObjects.zip": zipped(multilabel_members()),
        **{f"models/{HUB_ID}/{name}": content for name, content in checkpoint_files().items()},
    }
    server.routes |= {f"{prefix}/{name}": [serve(content)] for name, content in files.items()}
    return f"{server.address}{prefix}"
