// kind: point
// param: matrix mat3
// param: black vec3
// The colour from which an encoder makes the samples that the film's other segments have for `color`.
vec4 recode(vec4 color, vec2 uv, mat3 matrix, vec3 black) {
    return vec4(matrix * color.rgb + black, color.a);
}
