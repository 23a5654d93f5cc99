// kind: composite
// param: at number 0 1 0.5
vec4 over(vec4 color, vec2 uv, sampler2D other, float at) {
    return uv.x < at ? texture(other, uv) : color;
}
