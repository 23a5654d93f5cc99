// kind: point
// category: colour
// label: Gamma / 伽马
// param: value number 0.3 3 1 / Gamma / 伽马
// identity: value=1
// Middle tones lighter (above 1) or darker; black and white stay.
vec4 gamma(vec4 color, vec2 uv, float value) {
    return vec4(pow(max(color.rgb, 0.0), vec3(1.0 / value)), color.a);
}
