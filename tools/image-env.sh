# Sourced, in the project's folder, by what builds, runs and pushes images. Sets, unless the environment says otherwise:
#   BUILDER    docker or buildah: docker where an engine answers
#   CONTAINER  docker or podman: what runs the images of BUILDER
#   REGISTRY   prefix of the images' names, default localhost/opencode-router
#   IMAGE_TAG  <version>-<git revision>[.dirty]
# buildah and podman keep everything in .cache/images, apart from what else is on the machine. `make clean-images` removes it.

REGISTRY=${REGISTRY:-localhost/opencode-router}
IMAGE_VERSION=$(node -p 'require("./package.json").version')
IMAGE_REVISION=$(git rev-parse HEAD)
if [ -z "${IMAGE_TAG:-}" ]; then
  IMAGE_TAG=$IMAGE_VERSION-$(git rev-parse --short=12 HEAD)
  [ -z "$(git status --porcelain)" ] || IMAGE_TAG=$IMAGE_TAG.dirty
fi

if [ -z "${BUILDER:-}" ]; then
  BUILDER=buildah
  ! timeout 10 docker buildx version >/dev/null 2>&1 || ! timeout 10 docker info >/dev/null 2>&1 || BUILDER=docker
fi
case $BUILDER in
  docker) CONTAINER=docker ;;
  buildah) CONTAINER=podman ;;
  *) echo "BUILDER is '$BUILDER': must be docker or buildah" >&2; exit 64 ;;
esac

IMAGE_STATE=$PWD/.cache/images
if [ "$BUILDER" = buildah ]; then
  mkdir -p "$IMAGE_STATE"
  export CONTAINERS_STORAGE_CONF="$IMAGE_STATE/storage.conf" CONTAINERS_CONF="$IMAGE_STATE/containers.conf"
  # Written again each time, since the project may have been moved; whole at once, since others may read it now.
  cat >"$CONTAINERS_STORAGE_CONF.$$" <<END
[storage]
driver = "overlay"
graphroot = "$IMAGE_STATE/root"
runroot = "$IMAGE_STATE/run"
END
  # Limits that need no privilege to set, and no systemd: both work in a container, too.
  cat >"$CONTAINERS_CONF.$$" <<END
[containers]
default_ulimits = ["nofile=16384:16384", "nproc=16384:16384"]
[engine]
runtime = "runc"
cgroup_manager = "cgroupfs"
events_logger = "file"
END
  mv -f "$CONTAINERS_STORAGE_CONF.$$" "$CONTAINERS_STORAGE_CONF"
  mv -f "$CONTAINERS_CONF.$$" "$CONTAINERS_CONF"
fi
