// kind: point
// param: base vec4
// param: first vec3
// param: second vec3
// flat: params
// A curve of at most four points, which all primaries share, without its table: a cubic, and from two levels on (x) what
// its second (y) and third (z) derivatives jump by there.
vec4 tone_cubic(vec4 color, vec2 uv, vec4 base, vec3 first, vec3 second) {
    vec3 c = color.rgb, a = max(c - first.x, 0.0), b = max(c - second.x, 0.0);
    vec3 curve = base.x + c * (base.y + c * (base.z + c * base.w));
    return vec4(curve + a * a * (first.y + a * first.z) + b * b * (second.y + b * second.z), color.a);
}
