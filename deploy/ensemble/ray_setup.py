"""Ray for one ensemble: started on this machine alone, or joined where a cluster is."""

import shutil
from pathlib import Path

import ray
from ray._private import services

from deploy.ensemble.node import OBJECT_STORE_BYTES

ADDRESS = "ray-address"  # file in the session's folder: where this Ray is to be reached


def start_ray(name: str, address: str) -> None:
    """Bring up Ray on this machine alone, or join the cluster at `address`, of which this machine is a node."""
    print("starting Ray", flush=True)
    folder = Path("/tmp") / name
    if address:
        ray.init(
            address=address,
            namespace=name,
            log_to_driver=False,
            runtime_env={"working_dir": str(code_for_nodes(folder / "code"))},
        )
    else:
        # Ray takes 127.0.0.1 for a wish to be reached from everywhere, unless it is kept from it
        services.resolve_ip_for_localhost = lambda host: host
        ray.init(
            namespace=name,
            include_dashboard=False,
            log_to_driver=False,
            object_store_memory=OBJECT_STORE_BYTES,
            _temp_dir=str(folder / "ray"),
            _node_ip_address="127.0.0.1",
        )
    (folder / ADDRESS).write_text(ray.get_runtime_context().gcs_address)


def code_for_nodes(folder: Path) -> Path:
    """A copy of the code that actors on other machines run, without the styles: Ray carries it there."""
    for package_name in ("actors", "models"):
        source = Path(__file__).parents[2] / package_name
        shutil.copytree(
            source,
            folder / package_name,
            ignore=shutil.ignore_patterns("styles", "bases", "played", "*.png", "*.md", "__pycache__"),
        )
    return folder
