// kind: point
// category: colour
// label: Sepia / 怀旧褐
// param: amount number 0 1 1 / Amount / 强度
// identity: amount=0
// Grey, toned as sulphide tones silver: the warm brown of old prints (matrix of W3C Filter Effects 1, sepia).
vec4 sepia(vec4 color, vec2 uv, float amount) {
    vec3 toned = vec3(
        dot(color.rgb, vec3(0.393, 0.769, 0.189)),
        dot(color.rgb, vec3(0.349, 0.686, 0.168)),
        dot(color.rgb, vec3(0.272, 0.534, 0.131)));
    return vec4(mix(color.rgb, toned, amount), color.a);
}
