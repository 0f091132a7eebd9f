#!/bin/sh
# Builds images/NAME/Dockerfile: build-image.sh NAME [ARGUMENT=value …]
# Names the image $REGISTRY/NAME:$IMAGE_TAG, and localhost/opencode-router/NAME:dev for tests of the newest one.
#
# Environment: see image-env.sh, and
#   BASE_IMAGE    the base, if it is not to be the Dockerfile's own; pulled when it is not there
#   IMAGE_SOURCE  address of the sources, for the label
#   BUILD_CA      certificates that npm trusts during the build, by default those of NODE_EXTRA_CA_CERTS
set -eu
cd "$(dirname "$0")/.."
. tools/image-env.sh

name=$1
shift
dockerfile=images/$name/Dockerfile
[ -e "$dockerfile" ] || { echo "There is no $dockerfile" >&2; exit 64; }
for argument in "$@"; do
  set -- "$@" --build-arg "$argument"
  shift
done

if [ -n "${BASE_IMAGE:-}" ]; then
  set -- "$@" --build-arg "BASE_IMAGE=$BASE_IMAGE"
elif [ "$BUILDER" = buildah ]; then
  tools/base-image.sh "$(sed -n 's/^ARG BASE_IMAGE=//p' "$dockerfile")"
  set -- "$@" --pull-never
fi

set -- "$@" --label "org.opencontainers.image.version=$IMAGE_VERSION" --label "org.opencontainers.image.revision=$IMAGE_REVISION"
[ -z "${IMAGE_SOURCE:-}" ] || set -- "$@" --label "org.opencontainers.image.source=$IMAGE_SOURCE"

# As build secrets, so that neither is in a layer. An image has to be buildable without them.
ca=${BUILD_CA:-${NODE_EXTRA_CA_CERTS:-}}
if [ -n "$ca" ]; then
  mkdir -p "$IMAGE_STATE"
  echo 'cafile=/run/build/ca.crt' >"$IMAGE_STATE/npmrc"
  set -- "$@" --secret "id=npmrc,src=$IMAGE_STATE/npmrc" --secret "id=ca,src=$ca"
fi

image=$REGISTRY/$name:$IMAGE_TAG
newest=localhost/opencode-router/$name:dev
set -- "$@" -t "$image" -t "$newest" -f "$dockerfile" .
case $BUILDER in
  docker) docker buildx build --load "$@" ;;
  # The OCI format has no health check. Without a time in the layers, the same input makes the same image.
  buildah) buildah bud --format docker --isolation chroot --layers --timestamp 0 "$@" ;;
esac

bytes=$("$CONTAINER" image inspect --format '{{.Size}}' "$newest")
echo "Built $image, also named $newest: $((bytes / 1000000)) MB unpacked"
