// kind: point
// category: effect
// label: Vignette / 暗角
// param: amount number 0 1 0.5 / Amount / 强度
// param: radius number 0 1 0.5 / Radius / 半径
// param: softness number 0.05 1 0.6 / Softness / 柔和度
// param: tint colour #000000 / Colour / 颜色
// identity: amount=0
// Corners into a colour. Distance is measured in half diagonals with the ellipse of the picture and its circle mixed,
// so it fits both long and square pictures.
vec4 vignette(vec4 color, vec2 uv, vec2 size, float amount, float radius, float softness, vec3 tint) {
    vec2 p = (uv - 0.5) * 2.0;
    vec2 unit = mix(vec2(1.0), size / length(size) * 1.4142136, 0.5);
    float far = length(p * unit) * 0.70710678;
    float shade = smoothstep(radius, radius + softness, far);
    return vec4(mix(color.rgb, tint, shade * amount), color.a);
}
