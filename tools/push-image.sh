#!/bin/sh
# Pushes $REGISTRY/NAME:$IMAGE_TAG, which build-image.sh made: push-image.sh NAME
set -eu
cd "$(dirname "$0")/.."
. tools/image-env.sh

case $REGISTRY in
  localhost/*) echo 'Say where to push to: REGISTRY=<host>/<path>' >&2; exit 64 ;;
esac
"$BUILDER" push "$REGISTRY/$1:$IMAGE_TAG"
