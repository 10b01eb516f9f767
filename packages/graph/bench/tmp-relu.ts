import { Tensor } from "onnxruntime-node";
import { openSession } from "../src/open-session.ts";
const shape=["rows",32,14,14] as any; const n=128*32*14*14;
const v=(name:string,type="float32",s=shape)=>({name,type,shape:s} as any);
const dy=v("dy"), y=v("y");
const node=(op:string,inputs:any[],out:any,attributes:any={})=>({op,inputs,outputs:[out],attributes});
const zero={value:v("zero","float32",[]),data:Float32Array.of(0)}, one={value:v("one","float32",[]),data:Float32Array.of(1)};
const variants:any={
 sign:[node("Sign",[y],v("a")),node("Mul",[dy,v("a")],v("o"))],
 greaterCast:[node("Greater",[y,zero.value],v("a","bool")),node("Cast",[v("a","bool")],v("b"),{to:1}),node("Mul",[dy,v("b")],v("o"))],
 castboolCast:[node("Cast",[y],v("a","bool"),{to:9}),node("Cast",[v("a","bool")],v("b"),{to:1}),node("Mul",[dy,v("b")],v("o"))],
 greaterWhere:[node("Greater",[y,zero.value],v("a","bool")),node("Where",[v("a","bool"),dy,zero.value],v("o"))],
 castWhere:[node("Cast",[y],v("a","bool"),{to:9}),node("Where",[v("a","bool"),dy,zero.value],v("o"))],
 ceilclip:[node("Ceil",[y],v("a")),node("Clip",[v("a"),zero.value,one.value],v("b")),node("Mul",[dy,v("b")],v("o"))],
 mulonly:[node("Mul",[dy,y],v("o"))],
 relu:[node("Relu",[dy],v("o"))],
 mulclip:[node("Clip",[y,zero.value,one.value],v("b")),node("Mul",[dy,v("b")],v("o"))],
 divClip:[node("Mul",[y,v("big","float32",[])],v("a")),node("Clip",[v("a"),zero.value,one.value],v("b")),node("Mul",[dy,v("b")],v("o"))],
 min:[node("Min",[y,one.value],v("b")),node("Mul",[dy,v("b")],v("o"))],
};
for (const [k,nodes] of Object.entries(variants)) {
  const g:any={inputs:[dy,y],constants:[zero,one,{value:v("big","float32",[]),data:Float32Array.of(3e38)}],nodes:(nodes as any[]).map((m,i)=>({...m,outputs:[m.outputs[0],]}))};
  const s=await openSession(g,[v("o")],{threads:1});
  const a=new Float32Array(n).map(()=>Math.random()-0.5), b=new Float32Array(n).map(()=>Math.max(0,Math.random()-0.5)), o=new Float32Array(n);
  const f={dy:new Tensor("float32",a,[128,32,14,14]),y:new Tensor("float32",b,[128,32,14,14])}, out={o:new Tensor("float32",o,[128,32,14,14])};
  let ts:number[]=[]; for(let i=0;i<40;i++){const t=performance.now(); await s.run(f,out); ts.push(performance.now()-t);} ts.sort((x,y)=>x-y);
  console.log(k.padEnd(15),ts[5]!.toFixed(2),ts[20]!.toFixed(2));
}
