// kind: coord
// param: angle number -180 180 10
// identity: angle=0
vec2 warp(vec2 uv, vec2 size, float angle) {
    return uv + angle / size;
}
