// kind: point
// category: colour
// label: Hue / 色相
// param: angle number -180 180 0 / Angle / 角度
// identity: angle=0
// Colours turned around the grey axis by degrees, then as bright as before (BT.709 weights): a rotation by Rodrigues'
// formula around (1, 1, 1).
vec4 hue(vec4 color, vec2 uv, float angle) {
    vec3 c = color.rgb;
    float a = radians(angle);
    vec3 turned = c * cos(a) + (c.brg - c.gbr) * 0.57735027 * sin(a) + vec3((c.r + c.g + c.b) / 3.0) * (1.0 - cos(a));
    float change = dot(c - turned, vec3(0.2126, 0.7152, 0.0722));
    return vec4(turned + change, color.a);
}
