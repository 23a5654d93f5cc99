// kind: coord
// category: geometry
// label: Mirror / 镜像
// param: axis choice horizontal|vertical|both horizontal / Direction / 方向
// The picture as a mirror shows it: left for right, top for bottom, or both.
vec2 mirror(vec2 uv, int axis) {
    return vec2(axis == 1 ? uv.x : 1.0 - uv.x, axis == 0 ? uv.y : 1.0 - uv.y);
}
