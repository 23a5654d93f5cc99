// kind: coord
// param: place mat3x2
// Where in the source a point of the target lies: turned, mirrored, cropped or with bars around.
vec2 orient(vec2 uv, mat3x2 place) {
    return place * vec3(uv, 1.0);
}
